// A button that fills the composer with its own attributes: an example, settings to use again, a smaller size.

import { sendToComposer } from "../helpers/request.js"

export class FillComposer extends HTMLElement {
  connectedCallback() {
    this.addEventListener("click", this.#fill)
  }

  disconnectedCallback() {
    this.removeEventListener("click", this.#fill)
  }

  #fill = event => {
    if (!event.target.closest("button")) return
    const request = Object.fromEntries(this.getAttributeNames().map(name => [name, this.getAttribute(name)]))
    sendToComposer(request)
  }
}
