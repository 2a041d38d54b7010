// A thread's composer: keeps what is typed, shows what words and picture will cost, and sends one message at a time.

import { about } from "../helpers/money.js"
import { plus, usd } from "../helpers/prices.js"
import { priceOfTurn } from "../helpers/turns.js"
import { fill, read, sizeOf, warn, worded } from "../helpers/wish.js"
import { keepWords, keptWords } from "../helpers/words.js"

export class TurnForm extends HTMLElement {
  #rules

  connectedCallback() {
    this.#rules = JSON.parse(this.querySelector("#rules").textContent)
    this.addEventListener("input", this.#changed)
    this.addEventListener("change", this.#changed)
    this.addEventListener("click", this.#click)
    this.addEventListener("keydown", this.#key)
    this.addEventListener("submit", this.#hold, true)
    this.addEventListener("htmx:afterRequest", this.#answered)
    document.addEventListener("composer:fill", this.#fill)
    document.addEventListener("htmx:load", this.#placed)
    this.prompt.value ||= keptWords(localStorage, this.dataset.draft)
    this.#show()
    if (!matchMedia("(pointer: coarse)").matches) this.prompt.focus({ preventScroll: true })
  }

  disconnectedCallback() {
    this.removeEventListener("input", this.#changed)
    this.removeEventListener("change", this.#changed)
    this.removeEventListener("click", this.#click)
    this.removeEventListener("keydown", this.#key)
    this.removeEventListener("submit", this.#hold, true)
    this.removeEventListener("htmx:afterRequest", this.#answered)
    document.removeEventListener("composer:fill", this.#fill)
    document.removeEventListener("htmx:load", this.#placed)
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

  #changed = event => {
    if (event.target === this.prompt) keepWords(localStorage, this.dataset.draft, this.prompt.value)
    this.#show()
  }

  #key = event => {
    if (event.key !== "Enter" || !(event.ctrlKey || event.metaKey)) return
    event.preventDefault()
    this.form.requestSubmit()
  }

  // The second click of a double click is no second message.
  #click = event => {
    if (event.target.closest("button")?.type === "submit" && event.detail > 1) event.preventDefault()
  }

  // Nothing is sent after an answer that has not come yet.
  #hold = event => {
    if (!this.base.hasAttribute("data-waiting")) return
    event.preventDefault()
    event.stopPropagation()
  }

  #answered = ({ detail }) => {
    if (detail.elt !== this.form || !detail.successful) return
    keepWords(localStorage, this.dataset.draft, "")
    this.prompt.value = ""
    document.dispatchEvent(new CustomEvent("composer:fill", { detail: { references: "" } }))
    for (const error of this.querySelectorAll(".field-error")) error.textContent = ""
    this.#show()
  }

  // Another place to go on from was chosen.
  #placed = ({ target }) => {
    if (target.id !== "base") return
    this.#show()
    if (target.hasAttribute("data-chosen")) this.prompt.focus()
  }

  #fill = ({ detail }) => {
    fill(this.form, detail)
    this.form.dispatchEvent(new Event("change", { bubbles: true }))
    if (detail.prompt === undefined) return
    keepWords(localStorage, this.dataset.draft, detail.prompt)
    this.prompt.focus()
  }

  #show() {
    const wish = this.#wish()
    for (const name of ["quality", "output_format", "main_model"]) this.#say(name, this.#label(name))
    this.#say("size", wish.size === this.rules.auto ? this.querySelector("#size-auto-name").textContent : wish.size.replace("x", "×"))
    this.#say("way", wish.way === "draw" ? ` · ${this.#label("way")}` : "")
    const words = this.#textPrice(wish.main_model)
    const button = this.querySelector("[data-about]")
    const price = priceOfTurn(this.rules, wish, words)
    button.textContent = `${button.dataset.words} · ${this.#about(about(price))}`
    warn(this.querySelector("[data-note='dear']"), price, 1)
    button.toggleAttribute("disabled", this.base.hasAttribute("data-waiting"))
    for (const place of this.querySelectorAll("[data-quality-price]")) {
      place.textContent = about(priceOfTurn(this.rules, { ...wish, quality: place.dataset.qualityPrice }, 0n))
    }
    for (const place of this.querySelectorAll("[data-model-price]")) {
      place.textContent = this.#about(about(plus({ low: 0n, high: 0n, expected: 0n }, this.#textPrice(place.dataset.modelPrice))))
    }
    this.querySelector("[data-price='auto']").textContent = about(priceOfTurn(this.rules, { ...wish, size: this.rules.auto }, 0n))
  }

  #wish() {
    const references = new FormData(this.form).getAll("reference").length
    // Each counts alike here, whatever its size; those of the conversation go along as well.
    return { ...read(this.form), size: sizeOf(this.form), references, input_tokens: 0, sent: this.base.dataset.pictures }
  }

  #about(price) {
    return worded(this.querySelector("[data-about]").dataset.about, { price })
  }

  #textPrice(model) {
    return usd(JSON.parse(this.base.dataset.textPrices)[model] ?? "0")
  }

  #label(name) {
    return this.querySelector(`input[name="${name}"]:checked`)?.closest("label").querySelector("[data-label]")?.textContent ?? ""
  }

  #say(name, words) {
    this.querySelector(`[data-value="${name}"]`).textContent = words
  }
}
