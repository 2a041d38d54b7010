// The size picker: presets by ratio × tier, and Width and Height that snap to the nearest valid size and say why.
// It changes the form's own fields and says "change"; whatever it holds when it is committed is valid.

import { isComposing } from "../helpers/keyboard.js"
import { nearestSize, presetSize, reasonWords, stepSize } from "../helpers/sizes.js"

export class SizePicker extends HTMLElement {
  // What was typed, edge by edge, until the fields are left: 512, then 512, means 512×512.
  #entered = {}
  // The last valid size, which stands in for an edge that is no number.
  #last

  connectedCallback() {
    this.addEventListener("change", this.#commit)
    this.addEventListener("input", this.#typed)
    this.addEventListener("keydown", this.#step)
    this.addEventListener("focusin", this.#enter)
    this.addEventListener("focusout", this.#leave)
    this.closest("form").addEventListener("change", this.#follow)
    queueMicrotask(() => this.#settle())
  }

  disconnectedCallback() {
    this.removeEventListener("change", this.#commit)
    this.removeEventListener("input", this.#typed)
    this.removeEventListener("keydown", this.#step)
    this.removeEventListener("focusin", this.#enter)
    this.removeEventListener("focusout", this.#leave)
    this.closest("form")?.removeEventListener("change", this.#follow)
  }

  get #rules() {
    return this.closest("composer-form, turn-form").rules
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
    else {
      if (this.#edges.includes(target)) this.#entered[target.name] = Number(target.value)
      this.#snap()
    }
  }

  #enter = ({ target }) => {
    if (this.#edges.includes(target)) target.select()
  }

  #leave = ({ relatedTarget }) => {
    if (!this.#edges.includes(relatedTarget)) this.#entered = {}
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
    if (size !== this.#rules.auto) {
      const [width, height] = size.split("x").map(Number)
      this.#hold({ width, height })
    }
    this.#say("")
  }

  #snap() {
    if (!this.#isCustom) return
    const request = this.#edges.map(edge => (this.#entered[edge.name] ?? Number(edge.value)) || this.#valid[edge.name])
    const { size, reasons } = nearestSize(this.#rules, ...request)
    this.#hold(size)
    this.#say(reasons.map(reason => reasonWords(this.#rules, reason)).join(" · "))
  }

  #hold(size) {
    this.#last = size
    for (const edge of this.#edges) edge.value = size[edge.name]
  }

  // Before anything was chosen, the first shape of the picker.
  get #valid() {
    if (this.#last) return this.#last
    const { ratios, tiers } = this.#rules
    return presetSize(this.#rules, ratios[0], tiers[0])
  }

  get #isCustom() {
    return this.#checked("size")?.value === "custom"
  }

  #step = event => {
    const direction = { ArrowUp: 1, ArrowDown: -1 }[event.key]
    if (!direction || !this.#edges.includes(event.target) || event.altKey || isComposing(event)) return
    event.preventDefault()
    this.#entered = {}
    const { name, value } = event.target
    const { width, height } = this.#valid
    const typed = Number(value) || this.#valid[name]
    const steps = Math.round((typed - this.#valid[name]) / this.#rules.limits.step) + direction
    this.#hold(stepSize(this.#rules, width, height, name, steps))
    this.#typed(event)
    event.target.dispatchEvent(new Event("change", { bubbles: true }))
  }

  // The composer was filled from outside: by an example, an offer, the cheaper twin.
  #follow = ({ target }) => {
    if (this.contains(target)) return
    this.#entered = {}
    this.#settle()
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
    const place = this.querySelector(".size-message")
    place.textContent = words || place.dataset.idle
    place.classList.toggle("is-changed", Boolean(words))
  }
}
