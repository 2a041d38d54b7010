// A picture to comment on: a click on it sets the point that the comment is about; dragging moves the picture as ever.

import { fitted } from "../helpers/zoom.js"

const STILL = 5 // px that a pointer may move between down and up and still be a click

export class PinBoard extends HTMLElement {
  #down = null

  connectedCallback() {
    for (const [type, handler] of this.#handlers) this.addEventListener(type, handler)
  }

  disconnectedCallback() {
    for (const [type, handler] of this.#handlers) this.removeEventListener(type, handler)
  }

  #pressed = ({ clientX, clientY, isPrimary, button, target }) => {
    const isPicture = target.closest("zoom-view") && !target.closest("a, button")
    this.#down = isPicture && isPrimary && !button ? { x: clientX, y: clientY } : null
  }

  #released = ({ clientX, clientY }) => {
    const start = this.#down
    this.#down = null
    if (!start || Math.hypot(clientX - start.x, clientY - start.y) > STILL) return
    const point = this.#pointAt(clientX, clientY)
    if (point) this.#set(point)
  }

  #canceled = () => {
    this.#down = null
  }

  #clicked = ({ target }) => {
    if (target.closest("[data-action='unpin']")) this.#set(null)
  }

  #handlers = [
    ["pointerdown", this.#pressed], ["pointerup", this.#released], ["pointercancel", this.#canceled], ["click", this.#clicked],
  ]

  /** As shares of the picture's width and height; null beside it. */
  #pointAt(clientX, clientY) {
    const box = this.#img.getBoundingClientRect()
    const shown = fitted(this.#size, box)
    const point = { x: (clientX - box.left - shown.left) / shown.width, y: (clientY - box.top - shown.top) / shown.height }
    return Math.min(point.x, point.y) >= 0 && Math.max(point.x, point.y) <= 1 ? point : null
  }

  #set(point) {
    this.querySelector("[name='x']").value = point ? point.x.toFixed(5) : ""
    this.querySelector("[name='y']").value = point ? point.y.toFixed(5) : ""
    const pin = this.querySelector(".pin-draft")
    pin.toggleAttribute("hidden", !point)
    if (point) pin.setAttribute("transform", `translate(${point.x * this.#size.width} ${point.y * this.#size.height})`)
    const hint = this.querySelector("#point-hint")
    hint.textContent = point ? hint.dataset.set : hint.dataset.idle
    this.querySelector("[data-action='unpin']").hidden = !point
    if (point) this.querySelector("[name='text']").focus({ preventScroll: true })
  }

  get #img() { return this.querySelector(".stage-frame > img") }
  get #size() { return { width: Number(this.#img.getAttribute("width")), height: Number(this.#img.getAttribute("height")) } }
}
