// Keeps the server's draft up to date. Each save carries the version it builds on; when another tab or device was faster, the
// server answers 409 with a second draft that takes ours, and both stay. What failed is tried again until it is through. No DOM.

const DELAY = 2500 // ms after the last change
const RETRIES = [2000, 5000, 10000, 30000]
const KEEPALIVE = 60000 // bytes a request may carry beyond the page's end

export class Autosave extends EventTarget {
  #timer = null
  #saving = null
  #isChanged = false
  #failures = 0

  /** `read()` gives the draft; `send(url, body, {keepalive})` is fetch with the page's headers. */
  constructor({ url, version, read, send, timers = globalThis }) {
    super()
    Object.assign(this, { url, version, read, send, timers })
  }

  get isSaved() {
    return !this.#isChanged && !this.#saving
  }

  /** Something was painted: save it after a short delay. */
  touch() {
    this.#isChanged = true
    this.#schedule(DELAY)
  }

  /** Save now what is not saved; the promise is true when everything is. */
  async flush() {
    this.timers.clearTimeout(this.#timer)
    await this.#saving
    if (this.#isChanged) await this.#save()
    return this.isSaved
  }

  /** The page is going: send what is not saved in a request that outlives it, where it is small enough. */
  leave() {
    if (!this.#isChanged) return
    const body = this.#body()
    if (new Blob([body]).size > KEEPALIVE) return
    this.#isChanged = false
    this.send(this.url, body, { keepalive: true }).then(answer => this.#answered(answer)).catch(() => this.#failed())
  }

  #body() {
    return JSON.stringify({ version: this.version, draft: this.read() })
  }

  #schedule(delay) {
    this.timers.clearTimeout(this.#timer)
    this.#timer = this.timers.setTimeout(() => this.flush(), delay)
  }

  async #save() {
    this.#isChanged = false
    this.#say("saving")
    this.#saving = this.#attempt()
    await this.#saving
    this.#saving = null
  }

  async #attempt() {
    try {
      await this.#answered(await this.send(this.url, this.#body(), { keepalive: false }))
    } catch {
      this.#failed()
    }
  }

  async #answered(answer) {
    if (!answer.ok && answer.status !== 409) throw new Error(`the draft was answered with ${answer.status}`)
    const { version, url, other } = await answer.json()
    this.version = version
    this.#failures = 0
    if (answer.status === 409) this.url = url
    this.#say(answer.status === 409 ? "forked" : "saved", { other })
  }

  #failed() {
    this.#isChanged = true
    this.#say("failed")
    this.#schedule(RETRIES[Math.min(this.#failures, RETRIES.length - 1)])
    this.#failures += 1
  }

  #say(state, detail = {}) {
    this.dispatchEvent(Object.assign(new Event("state"), { state, ...detail }))
  }
}
