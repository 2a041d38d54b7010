// Keeps the page up to date: tiles by id and version, cards of other tabs and devices, the counts in the header.
// Tells the page: live:counts {generating, stopping, queued}; live:ended {id, state, title, isOwner} when a job has ended; live:reply {html}
// when a model says something, in a thread's turn or in a plan; live:stale when something may have been missed.

import { mergeTile, parseFragment } from "../helpers/fragments.js"
import { person } from "../helpers/person.js"
import { session } from "../helpers/session.js"
import { SharedStream } from "../helpers/stream.js"

const LIVE = ["queued", "running"]
const SETTLED_AFTER = 2500 // ms
const PATIENCE = 5000 // ms; a request may have gone into a connection that is dead
const TRIES = 3
const AGAIN_AFTER = 15_000 // ms; until what was missed is asked for again where it could not be had

export class LiveFeed extends HTMLElement {
  #stream = new SharedStream({
    address: this.dataset.src,
    person,
    heartbeat: Number(this.dataset.heartbeat),
    deliver: (type, data) => this.#receive(type, data),
    isAllowed: async () => Boolean(await session.renew()),
  })
  #latest = new Map()
  #timer
  #again
  #isBehind = false
  #catchingUp = null

  connectedCallback() {
    window.addEventListener("pagehide", this.#leave)
    window.addEventListener("pageshow", this.#enter)
    for (const type of ["online", "focus"]) window.addEventListener(type, this.#wake)
    document.addEventListener("visibilitychange", this.#wake)
    document.addEventListener("session:renewed", this.#enter)
    document.addEventListener("htmx:load", this.#catchUpNew)
    document.addEventListener("htmx:afterRequest", this.#applyResponse)
    this.#enter()
  }

  disconnectedCallback() {
    window.removeEventListener("pagehide", this.#leave)
    window.removeEventListener("pageshow", this.#enter)
    for (const type of ["online", "focus"]) window.removeEventListener(type, this.#wake)
    document.removeEventListener("visibilitychange", this.#wake)
    document.removeEventListener("session:renewed", this.#enter)
    document.removeEventListener("htmx:load", this.#catchUpNew)
    document.removeEventListener("htmx:afterRequest", this.#applyResponse)
    this.#leave()
  }

  #enter = () => {
    this.#stream.open()
    clearTimeout(this.#timer)
    const since = Date.now()
    this.#timer = setTimeout(() => this.#reloadStale(since).catch(this.#catchUpLater), SETTLED_AFTER)
  }

  #leave = () => {
    clearTimeout(this.#timer)
    clearTimeout(this.#again)
    this.#stream.close()
  }

  #wake = () => {
    if (document.hidden) return
    this.#stream.wake()
    this.#reloadStale(Date.now()).catch(this.#catchUpLater)
  }

  #receive(type, data) {
    if (type === "stale") return this.#catchUpMissed()
    if (type === "tile") this.#showTile(data)
    else if (type === "waiting") this.#showWaiting(data)
    else if (type === "generation") this.#prepend(data)
    else if (type === "counts") this.#emit("live:counts", data)
    else if (type === "over") this.#signedOut()
  }

  #signedOut() {
    this.#leave()
    session.renew().then(this.#enter, () => {})
  }

  #showTile(tile) {
    const known = this.#latest.get(tile.id)
    if (known && known.version >= tile.version) return
    this.#latest.set(tile.id, { ...tile, receivedAt: Date.now() })
    const place = document.getElementById(`job-${tile.id}`)
    const before = place?.dataset.state ?? known?.state
    const fresh = parseFragment(tile.html).firstElementChild
    if (!LIVE.includes(tile.state) && LIVE.includes(before)) this.#announce(tile, fresh)
    if (place) mergeTile(place, fresh)
    if (tile.reply) this.#emit("live:reply", { html: tile.reply })
    if (!place) return
    if (!LIVE.includes(tile.state) && LIVE.includes(before)) this.#markSeen(tile.id)
  }

  // What a queued job waits for changes with other people's jobs, wherever it stands: its tile, the drawer, a thread.
  #showWaiting({ id, text }) {
    for (const place of document.querySelectorAll(`[data-waiting="${id}"]`)) place.textContent = text
  }

  // What ends while somebody watches is not listed later as finished while they were away.
  #markSeen(id) {
    if (document.visibilityState !== "visible") return
    session.send("/away/", { method: "POST", headers: { "HX-Request": "true" }, body: new URLSearchParams({ job: id }), keepalive: true })
  }

  #announce(tile, fresh) {
    const title = fresh.querySelector(".tile-picture img")?.alt || fresh.querySelector(".tile-sentence")?.textContent.trim() || ""
    this.querySelector("[aria-live]").textContent = `${this.dataset[tile.state]} ${title}`
    this.#emit("live:ended", { id: tile.id, state: tile.state, title, isOwner: this.#stream.isOwner })
  }

  #prepend({ id, html }) {
    const feed = document.getElementById("feed")
    if (!feed || document.getElementById(`generation-${id}`)) return
    const next = [...feed.children].find(card => Number(card.dataset.generation) < id)
    if (!next && feed.childElementCount) return
    feed.insertBefore(parseFragment(html).firstElementChild, next ?? null)
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
      const known = this.#latest.get(Number(place.id.slice(4)))
      if (known) mergeTile(place, parseFragment(known.html).firstElementChild)
    }
    if (!root.matches?.("[data-version]:not(.tile)")) return
    for (const { reply } of this.#latest.values()) if (reply) this.#emit("live:reply", { html: reply })
  }

  // Cancel and Retry answer with their tile.
  #applyResponse = ({ detail }) => {
    const place = detail.target?.closest?.(".tile")
    const fresh = place && detail.successful && parseFragment(detail.xhr.responseText).querySelector(".tile")
    if (fresh) mergeTile(place, fresh)
  }

  // What ended while the browser slept is not sent again: ask for those tiles one by one.
  #reloadStale = async since => {
    for (const place of document.querySelectorAll(".tile:is([data-state='queued'], [data-state='running'])")) {
      const id = Number(place.id.slice(4))
      if ((this.#latest.get(id)?.receivedAt ?? 0) >= since) continue
      const html = await loaded(`/jobs/${id}/`)
      if (html) mergeTile(place, parseFragment(html).querySelector(`#job-${id}`) ?? place)
    }
  }

  // While the stream was dead, pictures may have been finished and others begun, in another tab or on another device. What is
  // asked for while an answer is on its way is asked for once more, since that answer may be older.
  #catchUpMissed = () => {
    this.#isBehind = true
    this.#catchingUp ??= this.#catchUpAll().catch(this.#catchUpLater).finally(() => (this.#catchingUp = null))
  }

  async #catchUpAll() {
    while (this.#isBehind) {
      this.#isBehind = false
      await this.#reloadMissed()
    }
  }

  #catchUpLater = () => {
    clearTimeout(this.#again)
    if (this.isConnected) this.#again = setTimeout(this.#catchUpMissed, AGAIN_AFTER)
  }

  async #reloadMissed() {
    this.#emit("live:stale")
    await this.#reloadStale(Date.now())
    if (!document.getElementById("feed")) return
    const cards = parseFragment(await loaded("/generations/")).querySelectorAll("[data-generation]")
    for (const card of [...cards].reverse()) this.#prepend({ id: Number(card.dataset.generation), html: card.outerHTML })
  }

  #emit(type, detail) {
    document.dispatchEvent(new CustomEvent(type, { detail }))
  }
}

/** A fragment of this person; "" where there is none. Throws where the studio cannot be asked. */
async function loaded(address) {
  for (let tries = 1; ; tries += 1) {
    try {
      const answer = await session.send(address, { signal: AbortSignal.timeout(PATIENCE) })
      if (answer.status >= 500) throw new Error(`the studio answered with ${answer.status}`)
      return answer.ok ? await answer.text() : ""
    } catch (error) {
      if (tries === TRIES) throw error
    }
  }
}
