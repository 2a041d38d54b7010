// What the chosen size means: shape, pixels, ratio, megapixels, price, whether it is large, and a cheaper twin if there is one.

import { about, priceOf } from "../helpers/money.js"
import { cheaperTwin, isLarge, megapixels, ratioLabel } from "../helpers/sizes.js"
import { fill, read, sizeOf, worded } from "../helpers/wish.js"

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
    return this.closest("composer-form").rules
  }

  #show = () => {
    if (!this.isConnected) return
    const size = sizeOf(this.#form)
    const wish = { ...read(this.#form), size }
    const isAuto = size === this.#rules.auto
    const [width, height] = isAuto ? [1, 1] : size.split("x").map(Number)
    this.#say("pixels", isAuto ? this.#form.querySelector("#size-auto-name").textContent : `${width} × ${height}`)
    this.#say("price", about(priceOf(this.#rules, wish)))
    this.#say("ratio", isAuto ? "" : `${ratioLabel(this.#rules, width, height)} · ${megapixels(width, height)} MP`)
    this.querySelector("[data-fact='large']").hidden = isAuto || !isLarge(this.#rules, width, height)
    outline(this.querySelector(".size-facts rect"), width, height, 40, 36)
    this.#offerTwin(wish, width, height)
  }

  #say(fact, words) {
    this.querySelector(`[data-fact="${fact}"]`).textContent = words
  }

  // Never when a ratio was chosen: then the shape is what the person wants.
  #offerTwin(wish, width, height) {
    const isCustom = new FormData(this.#form).get("size") === "custom"
    const twin = isCustom ? cheaperTwin(this.#rules, width, height, wish.quality, wish.model) : null
    const offer = this.querySelector(".twin")
    offer.hidden = !twin
    this.#twin = twin && `${twin.size.width}x${twin.size.height}`
    if (!twin) return
    const price = about(priceOf(this.#rules, { ...wish, size: this.#twin }))
    const words = this.querySelector("[data-fact='twin']")
    words.textContent = worded(words.dataset.words, { size: this.#twin.replace("x", " × "), price, share: Math.round(100 * twin.saving) })
    outline(offer.querySelector("rect"), twin.size.width, twin.size.height, 32, 28)
  }

  #takeTwin = event => {
    if (!event.target.closest("[data-act='twin']")) return
    fill(this.#form, { size: this.#twin })
    this.#form.dispatchEvent(new Event("change", { bubbles: true }))
  }
}

/** Draw an SVG rect of a ratio into a box, to scale. */
function outline(rect, width, height, boxWidth, boxHeight) {
  const scale = Math.min((boxWidth - 2) / width, (boxHeight - 2) / height)
  const [w, h] = [width * scale, height * scale]
  const place = { x: (boxWidth - w) / 2, y: (boxHeight - h) / 2, width: w, height: h }
  for (const [name, value] of Object.entries(place)) rect.setAttribute(name, value.toFixed(1))
}
