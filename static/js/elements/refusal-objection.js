// Under a refused prompt: its button sends the words in the <template> to the admins. Nothing is sent before.

import { session } from "../helpers/session.js"

export class RefusalObjection extends HTMLElement {
  connectedCallback() {
    this.addEventListener("click", this.#object)
  }

  disconnectedCallback() {
    this.removeEventListener("click", this.#object)
  }

  #object = async event => {
    const button = event.target.closest("button")
    if (!button || button.disabled) return
    button.disabled = true
    const body = new URLSearchParams({ text: this.querySelector("template")?.content.textContent ?? "" })
    const { ok } = await session.send(this.dataset.url, { method: "POST", body }).catch(() => ({}))
    this.querySelector("span").textContent = ok ? this.dataset.sent : this.dataset.failed
    if (ok) button.remove()
    else button.disabled = false
  }
}
