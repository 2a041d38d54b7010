// What the chosen size means: shape, pixels, ratio, megapixels, price, whether it is large, and a cheaper twin if there is one.

import { fillForm, readForm, sizeOf } from "../helpers/form.js"
import { interpolate } from "../helpers/interpolate.js"
import { formatEstimate, priceOf } from "../helpers/money.js"
import { sizeLabel } from "../helpers/settings.js"
import { cheaperTwin, isLarge, megapixels, ratioLabel } from "../helpers/sizes.js"

const BOX = 40 // px

export class SizeFacts extends HTMLElement {
  #twin

  connectedCallback() {
    this.hidden = false
    this.addEventListener("click", this.#takeTwin)
    this.closest("form").addEventListener("change", this.#show)
    queueMicrotask(this.#show)
  }

  disconnectedCallback() {
    this.removeEventListener("click", this.#takeTwin)
    this.closest("form")?.removeEventListener("change", this.#show)
  }

  get #form() {
    return this.closest("form")
  }

  get #rules() {
    return this.closest("composer-form, turn-form").rules
  }

  #show = () => {
    if (!this.isConnected) return
    const size = sizeOf(this.#form)
    const request = { ...readForm(this.#form), size }
    const isAuto = size === this.#rules.auto
    const [width, height] = isAuto ? [1, 1] : size.split("x").map(Number)
    this.#say("pixels", sizeLabel(this.#form, size))
    this.#say("price", formatEstimate(priceOf(this.#rules, request)))
    this.#say("ratio", isAuto ? "" : `${ratioLabel(this.#rules, width, height)} · ${megapixels(width, height)} MP`)
    this.querySelector("[data-fact='large']").hidden = isAuto || !isLarge(this.#rules, width, height)
    outline(this.querySelector(".size-facts rect"), width, height)
    this.#offerTwin(request)
  }

  #say(fact, words) {
    this.querySelector(`[data-fact="${fact}"]`).textContent = words
  }

  #offerTwin(request) {
    const twin = this.#twinOf(request)
    const offer = this.querySelector(".twin")
    this.#twin = twin && `${twin.size.width}x${twin.size.height}`
    const price = twin && priceOf(this.#rules, { ...request, size: this.#twin })
    // By what it saves in money: a gateway that bills by the picture may charge the same for both.
    const share = twin ? saved(priceOf(this.#rules, request).high, price.high) : 0
    offer.hidden = share < this.#rules.twin.saving
    if (offer.hidden) return
    const values = { size: this.#twin.replace("x", "×"), price: formatEstimate(price), share }
    for (const name of ["size", "price"]) offer.querySelector(`[data-twin="${name}"]`).textContent = values[name]
    const less = offer.querySelector("[data-twin='share']")
    less.textContent = interpolate(less.dataset.words, values)
    offer.setAttribute("aria-label", interpolate(request.size === this.#rules.auto ? offer.dataset.auto : offer.dataset.words, values))
    outline(offer.querySelector("rect"), twin.size.width, twin.size.height)
  }

  // Never when a ratio was chosen: then the shape is what the person wants. Auto is taken for the square it mostly draws.
  #twinOf(request) {
    const { auto, formula } = this.#rules
    const choice = new FormData(this.#form).get("size")
    if (choice !== auto && choice !== "custom") return null
    const [width, height] = choice === auto ? [formula.autoEdge, formula.autoEdge] : request.size.split("x").map(Number)
    return cheaperTwin(this.#rules, width, height, request.quality, request.model)
  }

  #takeTwin = event => {
    if (!event.target.closest("[data-action='twin']")) return
    fillForm(this.#form, { size: this.#twin })
    this.#form.dispatchEvent(new Event("change", { bubbles: true }))
  }
}

/** How many percent less one price is than another. */
function saved(before, after) {
  return before ? Math.round(Number((1000n * (before - after)) / before) / 10) : 0
}

/** Draw an SVG rect of a ratio into its square box, to scale. */
function outline(rect, width, height) {
  const scale = (BOX - 2) / Math.max(width, height)
  const [w, h] = [width * scale, height * scale]
  const place = { x: (BOX - w) / 2, y: (BOX - h) / 2, width: w, height: h }
  for (const [name, value] of Object.entries(place)) rect.setAttribute(name, value.toFixed(1))
}
