// The composer: keeps the draft, shows the price on the button, walks earlier prompts, and never sends one click twice.

import { Draft, Walk } from "../helpers/draft.js"
import { takeAlong } from "../helpers/errand.js"
import { about, priceOf } from "../helpers/money.js"
import { fill, read, sizeOf, warn, worded } from "../helpers/wish.js"

const SMALL = { size: "1536x1024", quality: "low" }

export class ComposerForm extends HTMLElement {
  #draft = new Draft(localStorage)
  #walk = new Walk()

  connectedCallback() {
    this.rules = JSON.parse(this.querySelector("#rules").textContent)
    this.addEventListener("input", this.#changed)
    this.addEventListener("change", this.#changed)
    this.addEventListener("click", this.#act)
    this.addEventListener("keydown", this.#key)
    this.addEventListener("htmx:afterRequest", this.#answered)
    document.addEventListener("composer:fill", this.#fill)
    this.#restore()
    const wish = takeAlong()
    if (wish) this.#fill({ detail: wish })
  }

  disconnectedCallback() {
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

  // An answer with errors and a page asked to reuse a picture hold what is to be shown; else the draft does.
  #restore() {
    const draft = this.#draft.load()
    const isGiven = this.hasAttribute("data-answer") || new URLSearchParams(location.search).has("reuse")
    if (draft && !isGiven) fill(this.form, draft)
    if (this.form.elements.avoid.value) this.querySelector(".advanced").open = true
    if (location.search.includes("reuse=")) history.replaceState(null, "", location.pathname)
    this.#show()
    if (this.hasAttribute("data-answer")) this.querySelector("[aria-invalid='true']")?.focus()
  }

  #changed = event => {
    if (event.target.name === "prompt") this.#walk.stop()
    this.#show()
    this.#draft.save(read(this.form))
  }

  #key = event => {
    const isRun = event.ctrlKey || event.metaKey
    // Enter in a field commits what was typed there; money is only spent by the button or Ctrl+Enter.
    if (event.key === "Enter" && (isRun || event.target.localName === "input")) {
      event.preventDefault()
      event.target.dispatchEvent(new Event("change", { bubbles: true }))
      if (isRun) this.form.requestSubmit()
    } else if (event.altKey && event.target.name === "prompt" && ["ArrowUp", "ArrowDown"].includes(event.key)) {
      event.preventDefault()
      event.target.value = this.#walk.go(event.key === "ArrowUp" ? 1 : -1, this.#draft.prompts, event.target.value)
      this.#show()
    }
  }

  #act = event => {
    const button = event.target.closest("button")
    if (!button) return
    // The second click of a double click is no second wish.
    if (button.type === "submit" && event.detail > 1) event.preventDefault()
    if (button.matches(".presets button")) this.#set({ quality: button.dataset.quality, output_format: button.dataset.output_format })
    if (button.dataset.act === "smaller") this.#set(SMALL)
    if (button.dataset.act === "hide") button.closest(".offer").remove()
  }

  #fill = ({ detail: { opens, ...wish } }) => {
    this.#set({ avoid: "", ...wish })
    const panel = this.closest("[popover]")
    if (getComputedStyle(panel).position === "fixed" && !panel.matches(":popover-open")) panel.showPopover()
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
    fill(this.form, values)
    this.form.dispatchEvent(new Event("change", { bubbles: true }))
  }

  #answered = ({ detail }) => {
    if (detail.elt !== this.form || !detail.successful) return
    this.#draft.remember(this.form.elements.prompt.value)
    this.#show()
    for (const error of this.querySelectorAll(".field-error")) error.textContent = ""
    this.querySelector("[aria-invalid]")?.removeAttribute("aria-invalid")
    const panel = this.closest("[popover]")
    if (panel.matches(":popover-open")) panel.hidePopover()
  }

  #show() {
    const wish = { ...read(this.form), size: sizeOf(this.form) }
    this.form.elements.output_compression.disabled = wish.output_format === "png"
    for (const name of ["quality", "output_format", "n"]) this.#say(name, this.#label(name))
    this.#say("size", this.#sizeWords(wish.size))
    this.#showPrices(wish)
    for (const button of this.querySelectorAll(".presets button")) {
      button.setAttribute("aria-pressed", button.dataset.quality === wish.quality && button.dataset.output_format === wish.output_format)
    }
    const hint = this.querySelector("[data-avoid]")
    hint.textContent = wish.avoid ? worded(hint.dataset.avoid, { words: wish.avoid }) : hint.dataset.idle ??= hint.textContent
    this.#offerSmaller(wish)
  }

  #label(name) {
    return this.querySelector(`input[name="${name}"]:checked`)?.closest("label").querySelector("[data-label]").textContent
  }

  #sizeWords(size) {
    return size === "auto" ? this.querySelector("#size-auto-name").textContent : size.replace("x", "×")
  }

  #say(name, words) {
    this.querySelector(`[data-value="${name}"]`).textContent = words
  }

  #showPrices(wish) {
    const button = this.querySelector("[data-about]")
    const price = priceOf(this.rules, wish)
    button.textContent = `${button.dataset.words} · ${worded(button.dataset.about, { price: about(price, Number(wish.n)) })}`
    warn(this.querySelector("[data-note='dear']"), price, Number(wish.n))
    for (const place of this.querySelectorAll("[data-quality-price]")) {
      place.textContent = about(priceOf(this.rules, { ...wish, quality: place.dataset.qualityPrice }))
    }
    this.querySelector("[data-price='auto']").textContent = about(priceOf(this.rules, { ...wish, size: "auto" }))
  }

  #offerSmaller(wish) {
    const [width, height] = wish.size.split("x").map(Number)
    const isLarge = width * height > this.rules.limits.largePixels
    const isNew = wish.prompt.trim() && !this.#draft.prompts.includes(wish.prompt)
    const offer = this.querySelector("[data-offer]")
    offer.hidden = !(isLarge && isNew)
    if (offer.hidden) return
    const words = offer.querySelector("[data-words]")
    words.textContent = worded(words.dataset.words, { price: `${worded(this.querySelector("[data-about]").dataset.about, { price: about(priceOf(this.rules, { ...wish, ...SMALL }), 1) })}` })
  }
}
