// A text field whose text is part of a thread's draft until the thread's composer sends it.

import { ComposerDraft } from "../helpers/composer-draft.js"

export class DraftText extends HTMLElement {
  #draft

  connectedCallback() {
    this.#draft = ComposerDraft.of(this)
    this.field.value ||= this.#draft.load()?.values.prompt ?? ""
    this.addEventListener("input", this.#save)
  }

  disconnectedCallback() {
    this.#draft.release()
    this.removeEventListener("input", this.#save)
  }

  get field() {
    return this.querySelector("textarea")
  }

  #save = () => {
    const { values, references } = this.#draft.load() ?? { values: {}, references: [] }
    this.#draft.save({ values: { ...values, prompt: this.field.value }, references })
  }
}
