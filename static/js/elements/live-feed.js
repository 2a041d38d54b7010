// Keeps the page true: tiles by id and version, cards of other tabs and devices, the counts in the header.
// Tells the page: live:counts {drawing, queued}; live:over {id, state, title, isOwner} when a job has ended; live:talk {html}
// when a model says something, in a thread's turn or in a plan.

import { merge, parse } from "../helpers/merge.js"
import { SharedStream } from "../helpers/stream.js"

const LIVE = ["queued", "running"]
const SETTLED_AFTER = 2500

export class LiveFeed extends HTMLElement {
  #stream = new SharedStream(this.dataset.src, (type, data) => this.#hear(type, data))
  #last = new Map()
  #timer

  connectedCallback() {
    window.addEventListener("pagehide", this.#leave)
    window.addEventListener("pageshow", this.#enter)
    document.addEventListener("htmx:load", this.#catchUpNew)
    document.addEventListener("htmx:afterRequest", this.#takeAnswer)
    this.#enter()
  }

  disconnectedCallback() {
    window.removeEventListener("pagehide", this.#leave)
    window.removeEventListener("pageshow", this.#enter)
    document.removeEventListener("htmx:load", this.#catchUpNew)
    document.removeEventListener("htmx:afterRequest", this.#takeAnswer)
    this.#leave()
  }

  #enter = () => {
    this.#stream.open()
    clearTimeout(this.#timer)
    this.#timer = setTimeout(this.#askAboutStale, SETTLED_AFTER, Date.now())
  }

  #leave = () => {
    clearTimeout(this.#timer)
    this.#stream.close()
  }

  #hear(type, data) {
    if (type === "tile") this.#show(data)
    else if (type === "generation") this.#prepend(data)
    else if (type === "counts") this.#tell("live:counts", data)
    else if (type === "over") this.#leave()
  }

  #show(tile) {
    const known = this.#last.get(tile.id)
    if (known && known.version >= tile.version) return
    this.#last.set(tile.id, { ...tile, heard: Date.now() })
    const place = document.getElementById(`job-${tile.id}`)
    const before = place?.dataset.state ?? known?.state
    const fresh = parse(tile.html).firstElementChild
    if (!LIVE.includes(tile.state) && LIVE.includes(before)) this.#announce(tile, fresh)
    if (place) merge(place, fresh)
    if (tile.talk) this.#tell("live:talk", { html: tile.talk })
    if (!place) return
    if (!LIVE.includes(tile.state) && LIVE.includes(before)) this.#see(tile.id)
  }

  // What ends before a person's eyes is no news to them tomorrow.
  #see(id) {
    if (document.visibilityState !== "visible") return
    const headers = JSON.parse(document.body.getAttribute("hx-headers"))
    fetch("/away/", { method: "POST", headers: { ...headers, "HX-Request": "true" }, body: new URLSearchParams({ job: id }), keepalive: true })
  }

  #announce(tile, fresh) {
    const title = fresh.querySelector(".tile-picture img")?.alt || fresh.querySelector(".tile-sentence")?.textContent.trim() || ""
    this.querySelector("[aria-live]").textContent = `${this.dataset[tile.state]} ${title}`
    this.#tell("live:over", { id: tile.id, state: tile.state, title, isOwner: this.#stream.isOwner })
  }

  #prepend({ id, html }) {
    const feed = document.getElementById("feed")
    if (!feed || document.getElementById(`generation-${id}`)) return
    const next = [...feed.children].find(card => Number(card.dataset.generation) < id)
    if (!next && feed.childElementCount) return
    feed.insertBefore(parse(html).firstElementChild, next ?? null)
    window.htmx?.process(document.getElementById(`generation-${id}`))
    this.#catchUp(document.getElementById(`generation-${id}`))
  }

  // A page's or an answer's tiles may be older than what the stream has already said of them.
  #catchUpNew = ({ target }) => {
    // The stream may have brought a card before the answer that made it.
    const twins = target.id ? document.querySelectorAll(`[id="${CSS.escape(target.id)}"]`) : []
    for (const twin of twins) if (twin !== target && target.matches("[data-generation]")) twin.remove()
    this.#catchUp(target)
  }

  #catchUp(root) {
    for (const place of root.querySelectorAll?.(".tile[data-version]") ?? []) {
      const known = this.#last.get(Number(place.id.slice(4)))
      if (known) merge(place, parse(known.html).firstElementChild)
    }
    if (!root.matches?.("[data-version]:not(.tile)")) return
    for (const { talk } of this.#last.values()) if (talk) this.#tell("live:talk", { html: talk })
  }

  // Cancel and Retry answer with their tile.
  #takeAnswer = ({ detail }) => {
    const place = detail.target?.closest?.(".tile")
    const fresh = place && detail.successful && parse(detail.xhr.responseText).querySelector(".tile")
    if (fresh) merge(place, fresh)
  }

  // What ended while the browser slept is no news to the stream any more.
  #askAboutStale = async since => {
    for (const place of document.querySelectorAll(".tile:is([data-state='queued'], [data-state='running'])")) {
      const id = Number(place.id.slice(4))
      if ((this.#last.get(id)?.heard ?? 0) >= since) continue
      const answer = await fetch(`/jobs/${id}/`)
      if (answer.ok && !answer.redirected) merge(place, parse(await answer.text()).querySelector(`#job-${id}`) ?? place)
    }
  }

  #tell(type, detail) {
    document.dispatchEvent(new CustomEvent(type, { detail }))
  }
}
