// Keeps a conversation true: brings in what the live feed says of its turns, scrolls with what is being said, and asks for
// the versions and the composer's place anew when an answer has come.

import { parse } from "../helpers/merge.js"
import { isLive, isNear, isNews } from "../helpers/turns.js"

export class ThreadTalk extends HTMLElement {
  connectedCallback() {
    document.addEventListener("live:talk", this.#hear)
    this.addEventListener("htmx:afterSettle", this.#said)
    requestAnimationFrame(() => this.#arrive())
  }

  disconnectedCallback() {
    document.removeEventListener("live:talk", this.#hear)
    this.removeEventListener("htmx:afterSettle", this.#said)
  }

  get scroller() {
    const inner = this.querySelector(".talk-scroll")
    return inner.scrollHeight > inner.clientHeight + 1 && getComputedStyle(inner).overflowY === "auto" ? inner : document.scrollingElement
  }

  #hear = ({ detail: { html } }) => {
    const fresh = parse(html).firstElementChild
    const turn = document.getElementById(fresh.id)
    if (!turn || !this.contains(turn) || !isNews(turn.dataset, fresh.dataset)) return
    const wasNear = isNear(this.scroller)
    const wasLive = isLive(turn.dataset)
    update(turn, fresh)
    this.#see([fresh])
    if (wasNear) this.#toEnd()
    if (wasLive && !isLive(fresh.dataset)) this.#ask()
  }

  // The versions, their costs, and where the next words go; a place somebody chose stays.
  #ask() {
    const address = location.pathname
    if (document.getElementById("versions")) window.htmx.ajax("GET", address, { target: "#versions", swap: "outerHTML" })
    const base = document.getElementById("base")
    if (base && !base.hasAttribute("data-chosen")) window.htmx.ajax("GET", address, { target: "#base", swap: "outerHTML" })
  }

  #said = ({ target }) => {
    if (target.id === "turns" || target.closest?.("#turns")) this.#toEnd()
  }

  // What ended before a person's eyes is no news to them on Create.
  #see(turns) {
    const jobs = turns.filter(turn => turn.hasAttribute("data-unseen")).map(turn => ["job", turn.dataset.job])
    if (!jobs.length || document.visibilityState !== "visible") return
    const headers = JSON.parse(document.body.getAttribute("hx-headers"))
    fetch("/away/", { method: "POST", headers: { ...headers, "HX-Request": "true" }, body: new URLSearchParams(jobs), keepalive: true })
  }

  #arrive() {
    this.#see([...this.querySelectorAll(".turn")])
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
