// A text field whose words wait in the browser until a thread's composer sends them.

import { keepWords, keptWords } from "../helpers/words.js"

export class KeptWords extends HTMLElement {
  connectedCallback() {
    this.field.value ||= keptWords(localStorage, this.dataset.draft)
    this.addEventListener("input", this.#keep)
  }

  disconnectedCallback() {
    this.removeEventListener("input", this.#keep)
  }

  get field() {
    return this.querySelector("textarea")
  }

  #keep = () => keepWords(localStorage, this.dataset.draft, this.field.value)
}
