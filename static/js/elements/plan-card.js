// A proposed prompt beside the person's own: taken, taken to be edited, or left. Follows the live feed while it is written.

import { parse } from "../helpers/merge.js"

export class PlanCard extends HTMLElement {
  connectedCallback() {
    this.addEventListener("click", this.#decide)
    document.addEventListener("live:talk", this.#hear)
  }

  disconnectedCallback() {
    this.removeEventListener("click", this.#decide)
    document.removeEventListener("live:talk", this.#hear)
  }

  #hear = ({ detail: { html } }) => {
    const fresh = parse(html).firstElementChild
    if (fresh.id !== this.id || Number(fresh.dataset.version) <= Number(this.dataset.version)) return
    this.replaceWith(fresh)
    window.htmx?.process(fresh)
  }

  // The words go into the prompt by the person's hand alone; what they chose is kept beside the plan.
  #decide = ({ target }) => {
    const { decide } = target.closest("[data-decide]")?.dataset ?? {}
    if (!decide) return
    const { prompt } = this.closest("form").elements
    if (decide !== "ignored") {
      prompt.value = this.querySelector("template").content.textContent
      prompt.dispatchEvent(new Event("input", { bubbles: true }))
    }
    if (decide === "accepted") this.closest("form").querySelector("[data-about]").focus()
    else prompt.focus()
    window.htmx.ajax("POST", this.dataset.decisionUrl, { values: { decision: decide }, target: this, swap: "delete" })
  }
}
