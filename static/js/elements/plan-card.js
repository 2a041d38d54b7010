// A proposed prompt beside the person's own, to accept, edit or ignore. Follows the live feed while it is written. Once the
// prompt is another than it was made for, it is marked and no longer offered, and a new one is.

import { parseFragment } from "../helpers/fragments.js"

export class PlanCard extends HTMLElement {
  #form

  connectedCallback() {
    this.#form = this.closest("form")
    for (const type of ["input", "change"]) this.#form.addEventListener(type, this.#compare)
    this.#compare()
    this.addEventListener("click", this.#decide)
    document.addEventListener("live:reply", this.#receive)
  }

  disconnectedCallback() {
    for (const type of ["input", "change"]) this.#form.removeEventListener(type, this.#compare)
    this.removeEventListener("click", this.#decide)
    document.removeEventListener("live:reply", this.#receive)
  }

  #receive = ({ detail: { html } }) => {
    const fresh = parseFragment(html).firstElementChild
    if (fresh.id !== this.id || Number(fresh.dataset.version) <= Number(this.dataset.version)) return
    this.replaceWith(fresh)
    window.htmx?.process(fresh)
  }

  #compare = () => {
    const isOutdated = plain(this.#form.elements.prompt.value) !== plain(this.dataset.madeFor)
    this.toggleAttribute("data-outdated", isOutdated)
    for (const part of this.querySelectorAll("[data-when]")) part.hidden = (part.dataset.when === "outdated") !== isOutdated
  }

  // The prompt only changes when the person says so; their choice is stored with the plan.
  #decide = ({ target }) => {
    const { decide, action } = target.closest("button")?.dataset ?? {}
    if (action === "plan") this.#form.querySelector(".plan-first button").click()
    if (!decide) return
    const { prompt } = this.#form.elements
    if (decide !== "ignored") {
      prompt.value = this.querySelector("template").content.textContent
      prompt.dispatchEvent(new Event("input", { bubbles: true }))
    }
    if (decide === "accepted") this.#form.querySelector("[data-about]").focus()
    else prompt.focus()
    window.htmx.ajax("POST", this.dataset.decisionUrl, { values: { decision: decide }, target: this, swap: "delete" })
  }
}

// A text as it was meant: forms send other line breaks than a text area holds.
function plain(text) {
  return text.replaceAll("\r\n", "\n").trim()
}
