// What the chosen size means: shape, pixels, ratio, megapixels, price, whether it is large, and a cheaper twin if there is one.

import { about, priceOf } from "../helpers/money.js"
import { cheaperTwin, isLarge, megapixels, ratioLabel } from "../helpers/sizes.js"
import { fill, read, sizeOf, worded } from "../helpers/wish.js"

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
    const wish = { ...read(this.#form), size }
    const isAuto = size === this.#rules.auto
    const [width, height] = isAuto ? [1, 1] : size.split("x").map(Number)
    this.#say("pixels", isAuto ? this.#form.querySelector("#size-auto-name").textContent : `${width}×${height}`)
    this.#say("price", about(priceOf(this.#rules, wish)))
    this.#say("ratio", isAuto ? "" : `${ratioLabel(this.#rules, width, height)} · ${megapixels(width, height)} MP`)
    this.querySelector("[data-fact='large']").hidden = isAuto || !isLarge(this.#rules, width, height)
    outline(this.querySelector(".size-facts rect"), width, height)
    this.#offerTwin(wish)
  }

  #say(fact, words) {
    this.querySelector(`[data-fact="${fact}"]`).textContent = words
  }

  #offerTwin(wish) {
    const twin = this.#twinOf(wish)
    const offer = this.querySelector(".twin")
    this.#twin = twin && `${twin.size.width}x${twin.size.height}`
    const price = twin && priceOf(this.#rules, { ...wish, size: this.#twin })
    // By what it saves in money: a gateway that bills by the picture may charge the same for both.
    const share = twin ? saved(priceOf(this.#rules, wish).high, price.high) : 0
    offer.hidden = share < this.#rules.twin.saving
    if (offer.hidden) return
    const values = { size: this.#twin.replace("x", "×"), price: about(price), share }
    for (const name of ["size", "price"]) offer.querySelector(`[data-twin="${name}"]`).textContent = values[name]
    const less = offer.querySelector("[data-twin='share']")
    less.textContent = worded(less.dataset.words, values)
    offer.setAttribute("aria-label", worded(wish.size === this.#rules.auto ? offer.dataset.auto : offer.dataset.words, values))
    outline(offer.querySelector("rect"), twin.size.width, twin.size.height)
  }

  // Never when a ratio was chosen: then the shape is what the person wants. Auto is taken for the square it mostly draws.
  #twinOf(wish) {
    const { auto, formula } = this.#rules
    const choice = new FormData(this.#form).get("size")
    if (choice !== auto && choice !== "custom") return null
    const [width, height] = choice === auto ? [formula.autoEdge, formula.autoEdge] : wish.size.split("x").map(Number)
    return cheaperTwin(this.#rules, width, height, wish.quality, wish.model)
  }

  #takeTwin = event => {
    if (!event.target.closest("[data-act='twin']")) return
    fill(this.#form, { size: this.#twin })
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
