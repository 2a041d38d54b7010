// The prompts sent before, kept in the browser. No DOM; pass any Storage.

const PROMPTS = "easel:prompts"
const REMEMBERED = 50

export class SentPrompts {
  #storage

  constructor(storage) {
    this.#storage = storage
  }

  get all() {
    return this.#read()
  }

  remember(prompt) {
    const others = this.all.filter(other => other !== prompt)
    this.#write([prompt, ...others].slice(0, REMEMBERED))
  }

  #read() {
    try {
      return JSON.parse(this.#storage.getItem(PROMPTS)) ?? []
    } catch {
      return []
    }
  }

  // A full or forbidden storage must not stop anybody from working.
  #write(prompts) {
    try {
      this.#storage.setItem(PROMPTS, JSON.stringify(prompts))
    } catch { /* then nothing is remembered */ }
  }
}

/** Steps from what is being typed (position −1) to ever earlier prompts and back. */
export class PromptHistory {
  #position = -1
  #typed = ""

  /** The prompt `step` places earlier (1) or later (−1); `current` comes back at the end of the way. */
  move(step, prompts, current) {
    if (this.#position === -1) this.#typed = current
    this.#position = Math.min(Math.max(this.#position + step, -1), prompts.length - 1)
    return this.#position === -1 ? this.#typed : prompts[this.#position]
  }

  reset() {
    this.#position = -1
  }
}
