// How a person likes the editor: overlay, wheel, pen. Every input is named by data-preference; the values stay in the browser.

import { Preferences } from "../editor/preferences.js"

export class EditorPreferences extends HTMLElement {
  #preferences = new Preferences(globalThis.localStorage)

  connectedCallback() {
    this.editor = this.closest("mask-editor")
    this.addEventListener("input", this.#typed)
    for (const input of this.querySelectorAll("[data-preference]")) fill(input, this.values[input.dataset.preference])
    queueMicrotask(() => this.#apply())
  }

  disconnectedCallback() {
    this.removeEventListener("input", this.#typed)
  }

  get values() {
    return this.#preferences.values
  }

  #typed = ({ target }) => {
    this.#preferences.set(target.dataset.preference, target.type === "checkbox" ? target.checked : target.type === "radio" ? target.value : Number(target.value))
    this.#apply()
  }

  #apply() {
    const { colour, opacity, hasPressure } = this.values
    this.editor.workbench.hasPressure = hasPressure
    this.editor.dataset.colour = colour
    this.editor.style.setProperty("--overlay-opacity", opacity / 100)
    this.editor.stage.paintIn(getComputedStyle(this.editor.stage).color)
  }
}

function fill(input, value) {
  if (input.type === "checkbox") input.checked = value
  else if (input.type === "radio") input.checked = input.value === value
  else input.value = value
}
