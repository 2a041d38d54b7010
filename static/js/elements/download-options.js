// A picture's download: the dialog of format, size and print size, with what will come of it beside its button.

import { interpolate } from "../helpers/interpolate.js"
import { isPossible, outputSize, printSize, resolution } from "../helpers/output-size.js"

// What choosing a number means for the size.
const SIZE_OF = { edge: "edge", width: "exact", height: "exact" }

export class DownloadOptions extends HTMLElement {
  connectedCallback() {
    this.addEventListener("click", this.#clicked)
    this.addEventListener("input", this.#changed)
    this.addEventListener("submit", this.#sent)
  }

  disconnectedCallback() {
    this.removeEventListener("click", this.#clicked)
    this.removeEventListener("input", this.#changed)
    this.removeEventListener("submit", this.#sent)
  }

  #clicked = ({ target }) => {
    if (target.closest("[data-close]")) this.#dialog.close()
    if (target.closest(".menu-item")) this.querySelector(".menu").hidePopover()
    if (!target.closest("[data-open]")) return
    this.#dialog.showModal()
    this.#show()
  }

  #changed = ({ target }) => {
    const size = SIZE_OF[target.name]
    if (size) this.#form.elements.size.value = size
    if (size === "exact") this.#keepRatio(target)
    this.#show()
  }

  // The answer is a file, so the page stays; what was refused comes as a page of its own.
  #sent = () => this.#dialog.close()

  #keepRatio({ name, value }) {
    const { width, height } = this.#form.elements
    if (!(value > 0)) return
    if (name === "width") height.value = Math.max(1, Math.round(value * this.#own.height / this.#own.width))
    else width.value = Math.max(1, Math.round(value * this.#own.width / this.#own.height))
  }

  #show() {
    const wanted = this.#wanted
    const pixels = outputSize(this.#own, wanted)
    const dpi = pixels && resolution(pixels, wanted)
    const output = this.querySelector("output")
    const isFine = pixels && isPossible(pixels, wanted.format)
    output.toggleAttribute("data-impossible", !isFine)
    this.querySelector("[type='submit']").disabled = !isFine
    if (!isFine) output.value = pixels ? this.dataset.impossible : this.dataset.missing
    else output.value = interpolate(dpi ? this.dataset.printed : this.dataset.pixels, this.#words(pixels, dpi, wanted.unit))
  }

  #words(pixels, dpi, unit) {
    if (!dpi) return pixels
    const { across, down } = printSize(pixels, dpi, unit)
    return { ...pixels, unit, across: across.toFixed(1), down: down.toFixed(1), dpi: Math.round(dpi) }
  }

  get #wanted() {
    const { format, size, unit, edge, width, height, print_width: printWidth, dpi } = this.#form.elements
    const numbers = Object.entries({ edge, width, height, printWidth, dpi }).map(([name, field]) => [name, field.valueAsNumber])
    return { format: format.value, size: size.value, unit: unit.value, ...Object.fromEntries(numbers) }
  }

  get #own() { return { width: Number(this.dataset.width), height: Number(this.dataset.height) } }
  get #dialog() { return this.querySelector("dialog") }
  get #form() { return this.querySelector("form") }
}
