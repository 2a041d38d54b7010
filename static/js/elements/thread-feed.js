// Keeps a conversation up to date: takes in what the live feed says of its turns, scrolls along with the answer, and loads the
// versions and the place to go on from again when an answer is complete.

import { parseFragment } from "../helpers/fragments.js"
import { session } from "../helpers/session.js"
import { isLive, isNearEnd, isNewer } from "../helpers/turns.js"

export class ThreadFeed extends HTMLElement {
  connectedCallback() {
    document.addEventListener("live:reply", this.#receive)
    document.addEventListener("live:stale", this.#catchUp)
    this.addEventListener("htmx:afterSettle", this.#followNewTurn)
    requestAnimationFrame(() => this.#open())
  }

  disconnectedCallback() {
    document.removeEventListener("live:reply", this.#receive)
    document.removeEventListener("live:stale", this.#catchUp)
    this.removeEventListener("htmx:afterSettle", this.#followNewTurn)
  }

  get scroller() {
    const inner = this.querySelector(".conversation-scroll")
    return inner.scrollHeight > inner.clientHeight + 1 && getComputedStyle(inner).overflowY === "auto" ? inner : document.scrollingElement
  }

  #receive = ({ detail: { html } }) => {
    const fresh = parseFragment(html).firstElementChild
    const turn = document.getElementById(fresh.id)
    if (!turn || !this.contains(turn) || !isNewer(turn.dataset, fresh.dataset)) return
    const wasNear = isNearEnd(this.scroller)
    const wasLive = isLive(turn.dataset)
    update(turn, fresh)
    this.#markSeen([fresh])
    if (wasNear) this.#toEnd()
    if (wasLive && !isLive(fresh.dataset)) this.#reload()
  }

  // An answer that came while nothing was heard of it is on the page as it is now.
  #catchUp = async () => {
    if (![...this.querySelectorAll(".turn")].some(turn => isLive(turn.dataset))) return
    const answer = await session.send(location.href).catch(() => null)
    if (!answer?.ok) return
    for (const { outerHTML: html } of parseFragment(await answer.text()).querySelectorAll(".turn")) this.#receive({ detail: { html } })
  }

  // The versions, their costs, and where the next message goes on from; a place somebody chose stays.
  #reload() {
    const address = location.pathname
    if (document.getElementById("versions")) window.htmx.ajax("GET", address, { target: "#versions", swap: "outerHTML" })
    const base = document.getElementById("base")
    if (base && !base.hasAttribute("data-chosen")) window.htmx.ajax("GET", address, { target: "#base", swap: "outerHTML" })
  }

  #followNewTurn = ({ target }) => {
    if (target.id === "turns" || target.closest?.("#turns")) this.#toEnd()
  }

  // What ended while somebody watched is not listed on Create as finished while they were away.
  #markSeen(turns) {
    const jobs = turns.filter(turn => turn.hasAttribute("data-unseen")).map(turn => ["job", turn.dataset.job])
    if (!jobs.length || document.visibilityState !== "visible") return
    session.send("/away/", { method: "POST", headers: { "HX-Request": "true" }, body: new URLSearchParams(jobs), keepalive: true })
  }

  #open() {
    this.#markSeen([...this.querySelectorAll(".turn")])
    this.querySelector(".lineage-node:last-child")?.scrollIntoView({ block: "nearest", inline: "nearest" })
    const named = location.hash && document.querySelector(location.hash)
    if (named) named.scrollIntoView()
    else if (this.querySelector(".turn")) this.#toEnd()
  }

  #toEnd() {
    this.scroller.scrollTop = this.scroller.scrollHeight
  }
}

/** Bring a turn up to date part by part; a tile that is there already is the live feed's own business. */
function update(turn, fresh) {
  for (const name of ["data-state", "data-version"]) turn.setAttribute(name, fresh.getAttribute(name))
  for (const name of ["answer", "foot"]) swap(part(turn, name), part(fresh, name))
  const [old, next] = [part(turn, "frame"), part(fresh, "frame")]
  if (Boolean(old.querySelector(".tile")) !== Boolean(next.querySelector(".tile"))) swap(old, next)
}

function part(turn, name) {
  return turn.querySelector(`[data-part="${name}"].turn-${name}`)
}

function swap(old, fresh) {
  if (old.isEqualNode(fresh)) return
  old.replaceWith(fresh)
  window.htmx?.process(fresh)
}
