// Asks the server in which ways a painted box can be sent, once painting pauses. Only the latest question counts. No DOM.

const DELAY = 400 // ms after the last change

export class Framings extends EventTarget {
  #timer = null
  #box = ""
  #pending = null
  #answer = null

  /** `extent()` gives the painted box or null; `ask(box)` gets the server's answer. */
  constructor({ extent, ask, timers = globalThis }) {
    super()
    Object.assign(this, { extent, ask, timers })
  }

  /** Both ways as the server last described them, or null. */
  get answer() {
    return this.#answer
  }

  /** Something was painted: ask after a short delay. */
  touch() {
    this.timers.clearTimeout(this.#timer)
    this.#timer = this.timers.setTimeout(() => this.settle(), DELAY)
  }

  /** Ask now what is not asked yet, and wait for the answer; what failed is asked again the next time. */
  async settle() {
    this.timers.clearTimeout(this.#timer)
    const box = this.extent()
    const text = JSON.stringify(box)
    if (text !== this.#box) {
      this.#box = text
      this.#pending = this.#request(box, text)
    }
    await this.#pending
  }

  async #request(box, text) {
    const answer = box ? await this.ask(box).catch(() => null) : null
    if (text !== this.#box) return
    if (box && !answer) this.#box = ""
    this.#answer = answer
    this.dispatchEvent(Object.assign(new Event("answer"), { isMissing: Boolean(box && !answer) }))
  }
}

/** How many times the detail the painted part alone is drawn with, as "2.3"; empty where it is about the same. */
export function detailOf({ whole, precise }) {
  const times = precise.scale / whole.scale
  return times >= 1.05 ? times.toFixed(1) : ""
}
