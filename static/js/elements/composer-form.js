// The composer: keeps the draft, shows the price on the button, brings back earlier prompts, and sends a double click once.

import { ComposerDraft } from "../helpers/composer-draft.js"
import { openSheet } from "../helpers/dialog.js"
import { fillForm, readForm, showCostWarning, sizeOf } from "../helpers/form.js"
import { interpolate } from "../helpers/interpolate.js"
import { isComposing } from "../helpers/keyboard.js"
import { formatEstimate, priceOf } from "../helpers/money.js"
import { ownStorage } from "../helpers/person.js"
import { referencesIn } from "../helpers/references.js"
import { takePendingRequest } from "../helpers/request.js"
import { PromptHistory, SentPrompts } from "../helpers/sent-prompts.js"
import { checkedLabel, showQualityPrices, showSetting, showSizePrices, sizeLabel } from "../helpers/settings.js"

const SMALL = { size: "1536x1024", quality: "low" }

export class ComposerForm extends HTMLElement {
  #prompts = new SentPrompts(ownStorage)
  #history = new PromptHistory()

  connectedCallback() {
    this.draft = ComposerDraft.of(this)
    this.rules = JSON.parse(this.querySelector("#rules").textContent)
    this.addEventListener("input", this.#changed)
    this.addEventListener("change", this.#changed)
    this.addEventListener("click", this.#act)
    this.addEventListener("keydown", this.#key)
    this.addEventListener("htmx:afterRequest", this.#answered)
    document.addEventListener("composer:fill", this.#fill)
    this.#restore()
    const request = takePendingRequest()
    if (request) this.#fill({ detail: request })
  }

  disconnectedCallback() {
    this.draft.release()
    this.removeEventListener("input", this.#changed)
    this.removeEventListener("change", this.#changed)
    this.removeEventListener("click", this.#act)
    this.removeEventListener("keydown", this.#key)
    this.removeEventListener("htmx:afterRequest", this.#answered)
    document.removeEventListener("composer:fill", this.#fill)
  }

  get form() {
    return this.querySelector("form")
  }

  // A form that came back with errors, or that reuses a picture's settings, holds what is to be shown; else the draft does.
  #restore() {
    const values = this.draft.load()?.values
    const isGiven = this.hasAttribute("data-answer") || new URLSearchParams(location.search).has("reuse")
    if (values && !isGiven) fillForm(this.form, values)
    if (this.form.elements.avoid.value) this.querySelector(".advanced").open = true
    if (location.search.includes("reuse=")) history.replaceState(null, "", location.pathname)
    this.#show()
    if (this.hasAttribute("data-answer")) this.querySelector("[aria-invalid='true']")?.focus()
  }

  #changed = event => {
    if (event.target.name === "prompt") this.#history.reset()
    this.#show()
    this.#save()
  }

  #key = event => {
    if (isComposing(event)) return
    const isRun = event.ctrlKey || event.metaKey
    // Enter in a field commits what was typed there; money is only spent by the button or Ctrl+Enter.
    if (event.key === "Enter" && (isRun || event.target.matches("input:not([type=file])"))) {
      event.preventDefault()
      event.target.dispatchEvent(new Event("change", { bubbles: true }))
      if (isRun) this.form.requestSubmit()
    } else if (event.altKey && event.target.name === "prompt" && ["ArrowUp", "ArrowDown"].includes(event.key)) {
      event.preventDefault()
      event.target.value = this.#history.move(event.key === "ArrowUp" ? 1 : -1, this.#prompts.all, event.target.value)
      this.#show()
    }
  }

  #act = event => {
    const button = event.target.closest("button")
    if (!button) return
    // The second click of a double click sends nothing.
    if (button.type === "submit" && event.detail > 1) event.preventDefault()
    if (button.matches(".presets button")) this.#set({ quality: button.dataset.quality, output_format: button.dataset.output_format })
    if (button.dataset.action === "smaller") this.#set(SMALL)
    if (button.dataset.action === "hide") button.closest(".offer").remove()
  }

  #fill = ({ detail: { opens, ...request } }) => {
    this.#set({ avoid: "", ...request })
    openSheet(this)
    this.form.elements.prompt.focus()
    if (opens === "advanced") this.#openAdvanced()
    else this.querySelector(`[popovertarget="${opens}"]`)?.click()
  }

  #openAdvanced() {
    const advanced = this.querySelector(".advanced")
    advanced.open = true
    advanced.querySelector("summary").focus()
  }

  #set(values) {
    fillForm(this.form, values)
    this.form.dispatchEvent(new Event("change", { bubbles: true }))
  }

  #answered = ({ detail }) => {
    if (detail.elt !== this.form || !detail.successful) return
    this.#prompts.remember(this.form.elements.prompt.value)
    this.#show()
    for (const error of this.querySelectorAll(".field-error")) error.textContent = ""
    this.querySelector("[aria-invalid]")?.removeAttribute("aria-invalid")
    const panel = this.closest("[popover]")
    if (panel.matches(":popover-open")) panel.hidePopover()
  }

  #save() {
    const { references, input_tokens, ...values } = readForm(this.form)
    this.draft.save({ values, references: referencesIn(this.form) })
  }

  #show() {
    const request = { ...readForm(this.form), size: sizeOf(this.form) }
    this.form.elements.output_compression.disabled = request.output_format === "png"
    for (const name of ["quality", "output_format", "n", "collection"]) showSetting(this, name, checkedLabel(this, name))
    showSetting(this, "size", sizeLabel(this, request.size))
    this.#showPrices(request)
    for (const button of this.querySelectorAll(".presets button")) {
      button.setAttribute("aria-pressed", button.dataset.quality === request.quality && button.dataset.output_format === request.output_format)
    }
    const hint = this.querySelector("[data-avoid]")
    hint.textContent = request.avoid ? interpolate(hint.dataset.avoid, { words: request.avoid }) : hint.dataset.idle ??= hint.textContent
    this.#offerSmaller(request)
  }

  #showPrices(request) {
    const button = this.querySelector("[data-about]")
    const priceWith = changes => priceOf(this.rules, { ...request, ...changes })
    button.textContent = `${button.dataset.words} · ${this.#about(priceWith({}), Number(request.n))}`
    showCostWarning(this.querySelector("[data-note='expensive']"), priceWith({}), Number(request.n))
    showQualityPrices(this, priceWith)
    showSizePrices(this, priceWith)
  }

  #about(price, count) {
    return interpolate(this.querySelector("[data-about]").dataset.about, { price: formatEstimate(price, count) })
  }

  #offerSmaller(request) {
    const [width, height] = request.size.split("x").map(Number)
    const isLarge = width * height > this.rules.limits.largePixels
    const isNew = request.prompt.trim() && !this.#prompts.all.includes(request.prompt)
    const offer = this.querySelector("[data-offer='smaller']")
    offer.hidden = !(isLarge && isNew)
    if (offer.hidden) return
    const words = offer.querySelector("[data-words]")
    words.textContent = interpolate(words.dataset.words, { price: this.#about(priceOf(this.rules, { ...request, ...SMALL }), 1) })
  }
}
