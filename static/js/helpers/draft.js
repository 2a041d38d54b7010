// What was typed and not yet lost: the composer's draft and the prompts sent before. No DOM; pass any Storage.

const DRAFT = "easel:draft"
const PROMPTS = "easel:prompts"
const REMEMBERED = 50

export class Draft {
  #storage

  constructor(storage) {
    this.#storage = storage
  }

  /** Field names and values as last saved, or null. */
  load() {
    return this.#read(DRAFT, null)
  }

  save(values) {
    this.#write(DRAFT, values)
  }

  get prompts() {
    return this.#read(PROMPTS, [])
  }

  remember(prompt) {
    const others = this.prompts.filter(other => other !== prompt)
    this.#write(PROMPTS, [prompt, ...others].slice(0, REMEMBERED))
  }

  #read(key, otherwise) {
    try {
      return JSON.parse(this.#storage.getItem(key)) ?? otherwise
    } catch {
      return otherwise
    }
  }

  // A full or forbidden storage must not stop anybody from working.
  #write(key, value) {
    try {
      this.#storage.setItem(key, JSON.stringify(value))
    } catch { /* then nothing is remembered */ }
  }
}

/** Walks from what is being typed (position −1) to ever earlier prompts and back. */
export class Walk {
  #position = -1
  #typed = ""

  /** The prompt `step` places earlier (1) or later (−1); `current` comes back when the walk returns. */
  go(step, prompts, current) {
    if (this.#position === -1) this.#typed = current
    this.#position = Math.min(Math.max(this.#position + step, -1), prompts.length - 1)
    return this.#position === -1 ? this.#typed : prompts[this.#position]
  }

  stop() {
    this.#position = -1
  }
}
