// What of the picture is sent: all of it, or only the painted part, whose size and price follow what is painted.

import { extentOf } from "../editor/extent.js"
import { Framings, detailOf } from "../editor/framings.js"
import { interpolate } from "../helpers/interpolate.js"
import { session } from "../helpers/session.js"

export class FramingChoice extends HTMLElement {
  #editor
  #framings

  connectedCallback() {
    this.#editor = this.closest("mask-editor")
    this.#framings = new Framings({ extent: () => extentOf(this.#editor.mask.surface), ask: this.#ask })
    this.#framings.addEventListener("answer", this.#answered)
    this.#editor.addEventListener("mask:change", this.#touch)
    this.#framings.settle()
  }

  disconnectedCallback() {
    this.#framings.removeEventListener("answer", this.#answered)
    this.#editor.removeEventListener("mask:change", this.#touch)
  }

  /** {size, input_tokens} of the way that is chosen. */
  get chosen() {
    return this.#ways[this.#isPrecise ? "precise" : "whole"]
  }

  /** Wait until what is shown belongs to what is painted. */
  settle() {
    return this.#isPrecise ? this.#framings.settle() : undefined
  }

  /** Write each way's price beside it; `priced(way)` gives it in words. */
  show(priced) {
    const { whole, precise } = this.#ways
    this.#place("whole", "facts").textContent = priced(whole)
    if (precise) this.#place("precise", "facts").textContent = [priced(precise), this.#detail].filter(Boolean).join(", ")
  }

  get #ways() {
    return this.#framings.answer ?? { whole: { size: this.dataset.size, input_tokens: Number(this.dataset.inputTokens) }, precise: null }
  }

  get #detail() {
    const times = detailOf(this.#framings.answer)
    return times && interpolate(this.dataset.detail, { times })
  }

  get #precise() {
    return this.querySelector("[value='precise']")
  }

  get #isPrecise() {
    return this.#precise.checked && !this.#precise.disabled
  }

  #place(way, name) {
    return this.querySelector(`[data-way="${way}"] [data-${name}]`)
  }

  #touch = () => this.#framings.touch()

  #ask = async box => {
    const { model, quality } = Object.fromEntries(new FormData(this.closest("form")))
    const answer = await session.send(`${this.dataset.url}?${new URLSearchParams({ ...box, model, quality })}`)
    if (!answer.ok) throw new Error(`the framings were answered with ${answer.status}`)
    return answer.json()
  }

  // A way that is gone is not chosen any more, and a radio that cannot be used is not sent.
  #answered = ({ isMissing }) => {
    const { precise } = this.#ways
    const { answer } = this.#framings
    this.#precise.disabled = !precise
    if (!precise && this.#precise.checked) this.querySelector("[value='whole']").checked = true
    this.#place("precise", "size").textContent = precise ? ` · ${precise.width}×${precise.height}` : ""
    if (!precise) this.#place("precise", "facts").textContent = this.dataset[answer ? "uncut" : isMissing ? "unanswered" : "unpainted"]
    this.querySelector("[data-reason]").textContent = answer?.reason ?? ""
    this.dispatchEvent(new Event("framing:change", { bubbles: true }))
  }
}
