// A thread's composer: keeps what is typed, shows what text and picture will cost, and sends one message at a time.

import { ComposerDraft } from "../helpers/composer-draft.js"
import { fillForm, readForm, showCostWarning, sizeOf } from "../helpers/form.js"
import { interpolate } from "../helpers/interpolate.js"
import { isComposing } from "../helpers/keyboard.js"
import { formatEstimate } from "../helpers/money.js"
import { addPrice, parseUsd } from "../helpers/prices.js"
import { referencesIn } from "../helpers/references.js"
import { checkedLabel, showQualityPrices, showSetting, showSizePrices, sizeLabel } from "../helpers/settings.js"
import { priceOfTurn } from "../helpers/turns.js"

export class TurnForm extends HTMLElement {
  #rules

  connectedCallback() {
    this.draft = ComposerDraft.of(this)
    this.#rules = JSON.parse(this.querySelector("#rules").textContent)
    this.addEventListener("input", this.#changed)
    this.addEventListener("change", this.#changed)
    this.addEventListener("click", this.#click)
    this.addEventListener("keydown", this.#key)
    this.addEventListener("submit", this.#block, true)
    this.addEventListener("htmx:afterRequest", this.#sent)
    document.addEventListener("composer:fill", this.#fill)
    document.addEventListener("htmx:load", this.#baseChanged)
    this.prompt.value ||= this.draft.load()?.values.prompt ?? ""
    this.#show()
    if (!matchMedia("(pointer: coarse)").matches) this.prompt.focus({ preventScroll: true })
  }

  disconnectedCallback() {
    this.draft.release()
    this.removeEventListener("input", this.#changed)
    this.removeEventListener("change", this.#changed)
    this.removeEventListener("click", this.#click)
    this.removeEventListener("keydown", this.#key)
    this.removeEventListener("submit", this.#block, true)
    this.removeEventListener("htmx:afterRequest", this.#sent)
    document.removeEventListener("composer:fill", this.#fill)
    document.removeEventListener("htmx:load", this.#baseChanged)
  }

  // A picture is charged for where its main model is offered.
  get rules() {
    const { tariffs, tariffsOf, ...rules } = this.#rules
    return { ...rules, tariffs: tariffsOf[new FormData(this.form).get("main_model")] ?? tariffs }
  }

  get form() {
    return this.querySelector("form")
  }

  get prompt() {
    return this.form.elements.prompt
  }

  get base() {
    return this.querySelector("#base")
  }

  #changed = () => {
    this.#save()
    this.#show()
  }

  #key = event => {
    const isRun = event.ctrlKey || event.metaKey
    // Money is only spent by the button or Ctrl+Enter.
    if (event.key !== "Enter" || isComposing(event) || !(isRun || event.target.matches("input:not([type=file])"))) return
    event.preventDefault()
    event.target.dispatchEvent(new Event("change", { bubbles: true }))
    if (isRun) this.form.requestSubmit()
  }

  // The second click of a double click sends nothing.
  #click = event => {
    if (event.target.closest("button")?.type === "submit" && event.detail > 1) event.preventDefault()
  }

  get #isWaiting() {
    return this.base.hasAttribute("data-waiting")
  }

  // Nothing is sent while the answer it would follow is still on its way.
  #block = event => {
    if (!this.#isWaiting) return
    event.preventDefault()
    event.stopPropagation()
  }

  #sent = ({ detail }) => {
    if (detail.elt !== this.form || !detail.successful) return
    this.prompt.value = ""
    document.dispatchEvent(new CustomEvent("composer:fill", { detail: { references: "" } }))
    for (const error of this.querySelectorAll(".field-error")) error.textContent = ""
    this.#show()
  }

  // The message now goes on from another version.
  #baseChanged = ({ target }) => {
    if (target.id !== "base") return
    this.#show()
    if (target.hasAttribute("data-chosen")) this.prompt.focus()
  }

  #fill = ({ detail }) => {
    fillForm(this.form, detail)
    this.form.dispatchEvent(new Event("change", { bubbles: true }))
    if (detail.prompt === undefined) return
    this.prompt.focus()
  }

  // The message and its references; the settings follow the version it goes on from.
  #save() {
    this.draft.save({ values: { prompt: this.prompt.value }, references: referencesIn(this.form) })
  }

  #show() {
    const request = this.#request()
    for (const name of ["quality", "output_format", "main_model"]) showSetting(this, name, checkedLabel(this, name))
    showSetting(this, "size", sizeLabel(this, request.size))
    showSetting(this, "partial_images", this.#previewsLabel(Number(request.partial_images)))
    showSetting(this, "way", request.way === "draw" ? ` · ${checkedLabel(this, "way")}` : "")
    this.#showPrices(request)
    this.querySelector("[data-about]").toggleAttribute("disabled", this.#isWaiting)
  }

  #previewsLabel(n) {
    const { none, one, many } = this.querySelector("[data-value='partial_images']").dataset
    return n ? interpolate(n === 1 ? one : many, { n }) : none
  }

  #showPrices(request) {
    const priceWith = (changes, words = 0n) => priceOfTurn(this.rules, { ...request, ...changes }, words)
    const price = priceWith({}, this.#textPrice(request.main_model))
    const button = this.querySelector("[data-about]")
    button.textContent = `${button.dataset.words} · ${this.#about(price)}`
    showCostWarning(this.querySelector("[data-note='expensive']"), price, 1)
    for (const place of this.querySelectorAll("[data-model-price]")) {
      place.textContent = this.#about(addPrice({ low: 0n, high: 0n, expected: 0n }, this.#textPrice(place.dataset.modelPrice)))
    }
    showQualityPrices(this, changes => priceWith(changes))
    showSizePrices(this, changes => priceWith(changes))
  }

  #request() {
    const references = new FormData(this.form).getAll("reference").length
    // Each counts alike here, whatever its size; those of the conversation go along as well.
    return { ...readForm(this.form), size: sizeOf(this.form), references, input_tokens: 0, sent: this.base.dataset.pictures }
  }

  #about(price) {
    return interpolate(this.querySelector("[data-about]").dataset.about, { price: formatEstimate(price) })
  }

  #textPrice(model) {
    return parseUsd(JSON.parse(this.base.dataset.textPrices)[model] ?? "0")
  }
}
