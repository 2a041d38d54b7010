// A rubber band: a frame drawn with the mouse over empty ground, that catches what it touches.

import { touches } from "./selection.js"

const SHORTEST = 4 // px; less is a click
const EDGE = 48 // px from the edge of the window at which the page scrolls
const HELD = "a, button, input, label, select, textarea, summary, [data-picture], [popover], .selection"

export class RubberBand {
  #onBand
  #ground
  #frame = null
  #start = null

  /** `onBand({box, isBegun, isAdding})` hears each move; `box.touches(element)` says what is inside. */
  constructor({ onBand }) {
    this.#onBand = onBand
  }

  watch(ground) {
    this.#ground = ground
    ground.addEventListener("pointerdown", this.#down)
  }

  unwatch() {
    this.#ground.removeEventListener("pointerdown", this.#down)
    this.#end()
  }

  #down = event => {
    if (event.button || event.pointerType !== "mouse" || event.target.closest(HELD)) return
    this.#start = { x: event.pageX, y: event.pageY, isAdding: event.shiftKey || event.ctrlKey || event.metaKey }
    addEventListener("pointermove", this.#move)
    addEventListener("pointerup", this.#end)
    addEventListener("pointercancel", this.#end)
    event.preventDefault() // no text is chosen on the way
  }

  #move = event => {
    const { x, y, isAdding } = this.#start
    if (!this.#frame && Math.hypot(event.pageX - x, event.pageY - y) < SHORTEST) return
    const isBegun = !this.#frame
    if (isBegun) this.#draw()
    if (event.clientY > innerHeight - EDGE) scrollBy({ top: 16, behavior: "instant" })
    if (event.clientY < EDGE && scrollY > 0) scrollBy({ top: -16, behavior: "instant" })
    const box = boxOf({ x, y }, { x: event.clientX + scrollX, y: event.clientY + scrollY })
    this.#place(box)
    this.#onBand({ box: new CatchingBox(box), isBegun, isAdding })
  }

  #draw() {
    this.#frame = document.createElement("div")
    this.#frame.className = "rubber-band"
    document.body.append(this.#frame)
  }

  #place({ left, top, right, bottom }) {
    const { style } = this.#frame
    style.setProperty("inset-block-start", `${top}px`)
    style.setProperty("inset-inline-start", `${left}px`)
    style.setProperty("inline-size", `${right - left}px`)
    style.setProperty("block-size", `${bottom - top}px`)
  }

  #end = () => {
    removeEventListener("pointermove", this.#move)
    removeEventListener("pointerup", this.#end)
    removeEventListener("pointercancel", this.#end)
    this.#frame?.remove()
    this.#frame = this.#start = null
  }
}

class CatchingBox {
  #box

  constructor(box) {
    this.#box = box
  }

  touches(element) {
    const { left, top, right, bottom } = element.getBoundingClientRect()
    return touches(this.#box, { left: left + scrollX, top: top + scrollY, right: right + scrollX, bottom: bottom + scrollY })
  }
}

function boxOf(one, other) {
  return {
    left: Math.min(one.x, other.x), top: Math.min(one.y, other.y), right: Math.max(one.x, other.x), bottom: Math.max(one.y, other.y),
  }
}
