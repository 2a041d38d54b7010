// What stands in a composer and is not sent: saved on the server for whoever is signed in, a moment after the last change. What
// the server does not have yet also waits in this browser, so that a page which goes too soon loses nothing. No DOM.

import { ownStorage } from "./person.js"
import { session } from "./session.js"

const KEY = "easel:unsaved:"
const DELAY = 800 // ms after the last change
const RETRY = 10000 // ms, where the studio could not be reached
const KEEPALIVE = 60000 // bytes a request may carry beyond the page's end

export class ComposerDraft {
  #timer
  #waiting = null // what is to be saved, as text
  #saving = Promise.resolve()

  /** `known` is what the page brought: {values, references} or null. References are {id, thumbnail, tokens}. */
  constructor({ place, url, known, storage = ownStorage, send = (...given) => session.send(...given), timers = globalThis }) {
    Object.assign(this, { url, known, storage, send, timers })
    this.key = KEY + place
  }

  /** The draft a page with a composer brings along. */
  static of(element) {
    const { draft: place, draftUrl: url } = element.dataset
    const known = JSON.parse(element.querySelector("#composer-draft")?.textContent || "null")
    const draft = new ComposerDraft({ place, url, known })
    addEventListener("pagehide", draft.leave)
    document.addEventListener("session:leaving", draft.#flushBefore)
    document.addEventListener("session:renewed", draft.flush)
    return draft
  }

  /** Let go of the page; what is not saved yet still will be. */
  release() {
    removeEventListener("pagehide", this.leave)
    document.removeEventListener("session:leaving", this.#flushBefore)
    document.removeEventListener("session:renewed", this.flush)
  }

  /** {values, references} as last seen by this browser, else by the server; null without either. */
  load() {
    return this.#unsaved() ?? this.known
  }

  save({ values, references }) {
    if (isSame({ values, references }, this.load())) return
    this.#waiting = JSON.stringify({ values, references })
    try { this.storage.setItem(this.key, this.#waiting) } catch { /* a full or forbidden storage: the server has it soon */ }
    this.#schedule(DELAY)
  }

  /** Save now what is not saved; resolves when that is done or has failed. */
  flush = () => {
    this.timers.clearTimeout(this.#timer)
    if (this.#waiting !== null) this.#saving = this.#saving.then(() => this.#put())
    return this.#saving
  }

  /** The page is going: send what is not saved in a request that outlives it, where it is small enough. */
  leave = () => {
    this.timers.clearTimeout(this.#timer)
    const body = this.#body()
    if (body && new Blob([body]).size <= KEEPALIVE) this.#send(body, { keepalive: true }).catch(() => {})
  }

  #flushBefore = ({ detail }) => {
    if (this.#waiting !== null) detail.waitFor(this.flush())
  }

  #body() {
    if (this.#waiting === null) return ""
    const { values, references } = JSON.parse(this.#waiting)
    return JSON.stringify({ values, references: references.map(({ id }) => id) })
  }

  async #put() {
    const text = this.#waiting
    if (text === null) return
    try {
      const answer = await this.#send(this.#body())
      // What the server will not take is kept here, and sent again with the next change.
      if (answer.ok && this.#waiting === text) this.#saved()
    } catch {
      this.#schedule(RETRY)
    }
  }

  #saved() {
    this.known = JSON.parse(this.#waiting)
    this.#waiting = null
    try { this.storage.removeItem(this.key) } catch { /* as above */ }
  }

  #send(body, options = {}) {
    return this.send(this.url, { method: "PUT", body, headers: { "Content-Type": "application/json" }, ...options })
  }

  #schedule(delay) {
    this.timers.clearTimeout(this.#timer)
    this.#timer = this.timers.setTimeout(this.flush, delay)
  }

  #unsaved() {
    try {
      const found = JSON.parse(this.storage.getItem(this.key))
      if (!found) return null
      if (this.#waiting === null) {
        this.#waiting = JSON.stringify(found)
        this.#schedule(DELAY)
      }
      return { values: found.values ?? {}, references: (found.references ?? []).filter(isReference) }
    } catch {
      return null
    }
  }
}

function isSame(one, other) {
  return other !== null && canonical(one) === canonical(other)
}

function canonical({ values, references }) {
  return JSON.stringify([Object.entries(values).sort(), references.map(({ id }) => id)])
}

function isReference({ id, thumbnail }) {
  return /^\d+$/.test(id) && /^\/\w/.test(thumbnail)
}
