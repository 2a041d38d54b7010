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
    offer.hidden = !twin
    this.#twin = twin && `${twin.size.width}x${twin.size.height}`
    if (!twin) return
    const price = about(priceOf(this.#rules, { ...wish, size: this.#twin }))
    const values = { size: this.#twin.replace("x", "×"), price, share: Math.round(100 * twin.saving) }
    for (const name of ["size", "price"]) offer.querySelector(`[data-twin="${name}"]`).textContent = values[name]
    const share = offer.querySelector("[data-twin='share']")
    share.textContent = worded(share.dataset.words, values)
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

/** Draw an SVG rect of a ratio into its square box, to scale. */
function outline(rect, width, height) {
  const scale = (BOX - 2) / Math.max(width, height)
  const [w, h] = [width * scale, height * scale]
  const place = { x: (BOX - w) / 2, y: (BOX - h) / 2, width: w, height: h }
  for (const [name, value] of Object.entries(place)) rect.setAttribute(name, value.toFixed(1))
}
