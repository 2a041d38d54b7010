// How a person likes the editor: overlay, wheel, pen. Every input is named by data-preference; the values stay in the browser.

import { clearestOn } from "../editor/contrast.js"
import { Preferences } from "../editor/preferences.js"
import { ownStorage } from "../helpers/person.js"

const SAMPLE = 40 // pixels

export class EditorPreferences extends HTMLElement {
  #clearest = "accent"
  #preferences = new Preferences(ownStorage)

  connectedCallback() {
    this.editor = this.closest("mask-editor")
    this.addEventListener("input", this.#typed)
    this.#penNotice.addEventListener("click", this.#answered)
    this.#fill()
    queueMicrotask(() => this.#apply())
    this.#look()
  }

  disconnectedCallback() {
    this.removeEventListener("input", this.#typed)
    this.#penNotice?.removeEventListener("click", this.#answered)
  }

  get values() {
    return this.#preferences.values
  }

  /** A pen came down or came near. */
  meetPen() {
    if (!this.#preferences.meetPen()) return
    this.#fill()
    this.#penNotice.hidden = false
  }

  get #penNotice() {
    return this.editor.querySelector("[data-pen-notice]")
  }

  #answered = ({ target }) => {
    const { answer } = target.closest("button")?.dataset ?? {}
    if (!answer) return
    this.#preferences.set("fingerPaints", answer === "paint")
    this.#fill()
    this.#penNotice.hidden = true
  }

  #fill() {
    for (const input of this.querySelectorAll("[data-preference]")) fill(input, this.values[input.dataset.preference])
  }

  #typed = ({ target }) => {
    this.#preferences.set(target.dataset.preference, target.type === "checkbox" ? target.checked : target.type === "radio" ? target.value : Number(target.value))
    this.#apply()
  }

  // Unless somebody chose a colour, it is the one that is seen best on this picture.
  async #look() {
    const picture = this.editor.querySelector(".mask-picture")
    await picture.decode().catch(() => {})
    if (!picture.naturalWidth || !this.isConnected) return
    this.#clearest = clearestOn(sampled(picture))
    this.#apply()
  }

  #apply() {
    const { colour, opacity, hasPressure } = this.values
    this.editor.workbench.hasPressure = hasPressure
    this.editor.dataset.colour = colour === "auto" ? this.#clearest : colour
    this.editor.style.setProperty("--overlay-opacity", opacity / 100)
    this.editor.stage.paintIn(getComputedStyle(this.editor.stage).color)
  }
}

function fill(input, value) {
  if (input.type === "checkbox") input.checked = value
  else if (input.type === "radio") input.checked = input.value === value
  else input.value = value
}

/** The RGBA bytes of a picture, drawn very small. */
function sampled(picture) {
  const context = new OffscreenCanvas(SAMPLE, SAMPLE).getContext("2d", { willReadFrequently: true })
  context.drawImage(picture, 0, 0, SAMPLE, SAMPLE)
  return context.getImageData(0, 0, SAMPLE, SAMPLE).data
}
