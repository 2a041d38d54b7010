// The size picker: presets by ratio × tier, and Width and Height that snap to the nearest valid size and say why.
// It changes the form's own fields and says "change"; whatever it holds when it is committed is valid.

import { about, priceOf } from "../helpers/money.js"
import { cheaperTwin, isLarge, nearestSize, ratioLabel, reasonWords } from "../helpers/sizes.js"
import { read, sizeOf, worded } from "../helpers/wish.js"

export class SizePicker extends HTMLElement {
  #twin

  connectedCallback() {
    this.#foot.hidden = false
    this.addEventListener("change", this.#commit)
    this.addEventListener("input", this.#typed)
    this.addEventListener("keydown", this.#step)
    this.addEventListener("click", this.#takeTwin)
    this.#form.addEventListener("change", this.#show)
    queueMicrotask(() => { this.#settle(); this.#show() })
  }

  disconnectedCallback() {
    this.removeEventListener("change", this.#commit)
    this.removeEventListener("input", this.#typed)
    this.removeEventListener("keydown", this.#step)
    this.removeEventListener("click", this.#takeTwin)
    this.closest("form")?.removeEventListener("change", this.#show)
  }

  get #form() {
    return this.closest("form")
  }

  get #rules() {
    return this.closest("composer-form").rules
  }

  get #foot() {
    return this.querySelector(".size-foot")
  }

  get #edges() {
    return [this.querySelector("#width"), this.querySelector("#height")]
  }

  #checked(name) {
    return this.querySelector(`input[name="${name}"]:checked`)
  }

  #commit = ({ target }) => {
    if (target.name === "tier") this.#changeTier(target.value)
    else if (target.name === "size" && target.value !== "custom") this.#fillEdges(target.value)
    else this.#snap()
  }

  #typed = ({ target }) => {
    if (this.#edges.includes(target)) this.querySelector("input[value='custom']").checked = true
  }

  // The same ratio in the other tier; Auto and custom sizes have no tier and stay.
  #changeTier(tier) {
    const ratio = this.#checked("size")?.closest(".shape")?.dataset.ratio
    const twin = this.querySelector(`.shape[data-ratio="${ratio}"][data-tier="${tier}"] input`)
    if (!twin) return
    twin.checked = true
    this.#fillEdges(twin.value)
  }

  #fillEdges(size) {
    if (size !== "auto") [this.#edges[0].value, this.#edges[1].value] = size.split("x")
    this.#say("")
  }

  #snap() {
    const [width, height] = this.#edges
    if (!this.#isCustom) return
    const { size, reasons } = nearestSize(this.#rules, Number(width.value) || 1024, Number(height.value) || 1024)
    ;[width.value, height.value] = [size.width, size.height]
    this.#say(reasons.map(reason => reasonWords(this.#rules, reason)).join(" · "))
  }

  get #isCustom() {
    return this.#checked("size")?.value === "custom"
  }

  #step = event => {
    const direction = { ArrowUp: 1, ArrowDown: -1 }[event.key]
    if (!direction || !this.#edges.includes(event.target) || event.altKey) return
    event.preventDefault()
    const { step } = this.#rules.limits
    event.target.value = Math.max(step, Number(event.target.value) + direction * step)
    this.#typed(event)
    event.target.dispatchEvent(new Event("change", { bubbles: true }))
  }

  // What the server or a draft put here: a preset's edges into the fields, its tier in view, a custom size made valid.
  #settle() {
    const chosen = this.#checked("size")
    const tier = chosen?.closest(".shape")?.dataset.tier
    if (tier) this.querySelector(`input[name="tier"][value="${tier}"]`).checked = true
    if (this.#isCustom) this.#snap()
    else if (chosen) this.#fillEdges(chosen.value)
  }

  #say(words) {
    const place = this.querySelector(".size-says")
    place.textContent = words || place.dataset.idle
    place.classList.toggle("is-changed", Boolean(words))
  }

  #show = event => {
    if (event && !this.contains(event.target)) this.#settle()
    const size = sizeOf(this.#form)
    const wish = { ...read(this.#form), size }
    const [width, height] = size === "auto" ? [] : size.split("x").map(Number)
    this.#fact("pixels", width ? `${width} × ${height}` : this.querySelector("#size-auto-name").textContent)
    this.#fact("price", about(priceOf(this.#rules, wish)))
    this.#fact("ratio", width ? `${ratioLabel(this.#rules, width, height)} · ${(width * height / 1e6).toFixed(2)} MP` : "")
    this.querySelector("[data-fact='large']").hidden = !(width && isLarge(this.#rules, width, height))
    outline(this.querySelector(".size-facts rect"), width ?? 1, height ?? 1, 40, 36)
    this.#offerTwin(wish, width, height)
  }

  #fact(name, words) {
    this.querySelector(`[data-fact="${name}"]`).textContent = words
  }

  // Never when a ratio was chosen: then the shape is what the person wants.
  #offerTwin(wish, width, height) {
    this.#twin = this.#isCustom ? cheaperTwin(this.#rules, width, height, wish.quality) : null
    const offer = this.querySelector(".twin")
    offer.hidden = !this.#twin
    if (!this.#twin) return
    const { width: w, height: h } = this.#twin.size
    const twin = { ...wish, size: `${w}x${h}` }
    const share = Math.round(100 * this.#twin.saving)
    const words = this.querySelector("[data-fact='twin']")
    words.textContent = worded(words.dataset.words, { size: `${w} × ${h}`, price: about(priceOf(this.#rules, twin)), share })
    outline(offer.querySelector("rect"), w, h, 32, 28)
  }

  #takeTwin = event => {
    if (event.target.closest("[data-act='twin']") === null) return
    ;[this.#edges[0].value, this.#edges[1].value] = [this.#twin.size.width, this.#twin.size.height]
    this.querySelector("input[value='custom']").checked = true
    this.#edges[0].dispatchEvent(new Event("change", { bubbles: true }))
  }
}

/** Draw an SVG rect of a ratio into a box, to scale. */
function outline(rect, width, height, boxWidth, boxHeight) {
  const scale = Math.min((boxWidth - 2) / width, (boxHeight - 2) / height)
  const [w, h] = [width * scale, height * scale]
  const place = { x: (boxWidth - w) / 2, y: (boxHeight - h) / 2, width: w, height: h }
  for (const [name, value] of Object.entries(place)) rect.setAttribute(name, value.toFixed(1))
}
