import { isTaken, keysOf } from "../helpers/keyboard.js"
import { FIT, clampView, focusOf, magnification, pan, viewOn, zoomAt } from "../helpers/zoom.js"

const STEP = 1.4
const CLOSEST = 8 // screen pixels for one of the picture's
const KEYS = { "+": "in", "=": "in", "-": "out", 0: "fit", 1: "actual" }

// A picture that fits its stage, or several over each other; wheel and pinch zoom at the pointer, dragging pans, + − 0 1 do it by
// keyboard. It says zoom:change when a person moved it; a `focus` that is set moves it without a word.
export class ZoomView extends HTMLElement {
  #view = FIT
  #pointers = new Map()
  #resizes = new ResizeObserver(() => this.#show(this.#view))

  connectedCallback() {
    this.addEventListener("wheel", this.#wheel, { passive: false })
    for (const [type, handler] of this.#handlers) this.addEventListener(type, handler)
    this.#bar.hidden = false
    this.#resizes.observe(this)
    for (const img of this.querySelectorAll("img[data-original]")) this.#sharpen(img)
  }

  disconnectedCallback() {
    this.removeEventListener("wheel", this.#wheel)
    for (const [type, handler] of this.#handlers) this.removeEventListener(type, handler)
    this.#resizes.disconnect()
  }

  /** What it looks at, as helpers/zoom.js says; another view of other pictures may look at the same. */
  get focus() { return focusOf(this.#view, this.#picture, this.#stage) }
  set focus(focus) { this.#show(viewOn(focus, this.#picture, this.#stage)) }

  /** Do what a button of its bar does: "in", "out", "fit" or "actual". */
  act(name) {
    const centre = { x: this.clientWidth / 2, y: this.clientHeight / 2 }
    if (name === "fit") this.#move(FIT)
    if (name === "in") this.#zoom(centre, STEP)
    if (name === "out") this.#zoom(centre, 1 / STEP)
    if (name === "actual") this.#move(zoomAt(FIT, centre, this.#actual, this.#limit))
  }

  // The thumbnail stands until the original has been decoded.
  async #sharpen(img) {
    const original = new Image()
    original.src = img.dataset.original
    try {
      await original.decode()
    } catch {
      this.toggleAttribute("data-missing", !original.naturalWidth)
      return
    }
    img.removeAttribute("srcset")
    img.src = original.src
  }

  #wheel = (event) => {
    event.preventDefault()
    const pixels = event.deltaY * (event.deltaMode === 1 ? 24 : 1)
    this.#zoom(this.#point(event), Math.exp(-Math.max(-240, Math.min(240, pixels)) * (event.ctrlKey ? 0.01 : 0.002)))
  }

  #down = (event) => {
    if (event.button || event.target.closest("a, button")) return
    this.#pointers.set(event.pointerId, this.#point(event))
    this.setPointerCapture(event.pointerId)
  }

  #moved = (event) => {
    const before = this.#pointers.get(event.pointerId)
    if (!before) return
    const now = this.#point(event)
    const other = [...this.#pointers].find(([id]) => id !== event.pointerId)?.[1]
    this.#pointers.set(event.pointerId, now)
    if (other) this.#zoom(middle(now, other), distance(now, other) / (distance(before, other) || 1))
    else this.#move(pan(this.#view, now.x - before.x, now.y - before.y))
  }

  #up = (event) => this.#pointers.delete(event.pointerId)

  // A picture that fits is dragged out of the page; one that is zoomed is moved on its stage.
  #dragged = (event) => {
    if (this.hasAttribute("data-zoomed")) event.preventDefault()
  }

  #doubled = (event) => {
    if (event.target.closest("a, button")) return
    this.#move(this.#view.scale > 1 ? FIT : zoomAt(FIT, this.#point(event), this.#actual, this.#limit))
  }

  #clicked = (event) => this.act(event.target.closest("[data-zoom]")?.dataset.zoom)

  #pressed = (event) => {
    const name = keysOf(event).find(each => each in KEYS)
    if (!name || isTaken(event) || event.ctrlKey || event.metaKey || event.altKey) return
    event.preventDefault()
    this.act(KEYS[name])
  }

  #handlers = [
    ["pointerdown", this.#down], ["pointermove", this.#moved], ["pointerup", this.#up], ["pointercancel", this.#up],
    ["dragstart", this.#dragged], ["dblclick", this.#doubled], ["click", this.#clicked], ["keydown", this.#pressed],
  ]

  #zoom(point, factor) {
    this.#move(zoomAt(this.#view, point, factor, this.#limit))
  }

  #move(view) {
    this.#show(view)
    this.dispatchEvent(new CustomEvent("zoom:change", { bubbles: true }))
  }

  #show(view) {
    this.#view = clampView(view, this.#picture, this.#stage)
    const shown = magnification(this.#view, this.#picture, this.#stage, devicePixelRatio)
    this.#frame.style.setProperty("--zoom", this.#view.scale)
    this.#frame.style.setProperty("--x", `${this.#view.x}px`)
    this.#frame.style.setProperty("--y", `${this.#view.y}px`)
    this.toggleAttribute("data-zoomed", this.#view.scale > 1.001)
    this.toggleAttribute("data-pixels", shown >= 3)
    this.#bar.querySelector("output").value = `${Math.round(shown * 100)} %`
  }

  #point(event) {
    const box = this.getBoundingClientRect()
    return { x: event.clientX - box.left, y: event.clientY - box.top }
  }

  get #actual() { return 1 / magnification(FIT, this.#picture, this.#stage, devicePixelRatio) }
  get #limit() { return Math.max(1, this.#actual * CLOSEST) }
  get #stage() { return { width: this.clientWidth, height: this.clientHeight } }
  get #picture() { return { width: Number(this.#img.getAttribute("width")), height: Number(this.#img.getAttribute("height")) } }
  get #img() { return this.querySelector(":not([hidden]) > img") }
  get #frame() { return this.querySelector(".stage-frame") }
  get #bar() { return this.querySelector(".zoom-bar") }
}

function middle(one, other) { return { x: (one.x + other.x) / 2, y: (one.y + other.y) / 2 } }
function distance(one, other) { return Math.hypot(one.x - other.x, one.y - other.y) }
