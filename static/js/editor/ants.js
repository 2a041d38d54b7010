// The moving line around the painted area: black and white dashes with their opposites beside them, so that it is seen on any
// picture. It stands still for those who want no motion.

import { INSIDE, findEdges } from "./edges.js"
import { visible } from "./overlay.js"

const DASH = 4 // screen pixels, and as many between
const STEP = 120 // ms
const [WHITE, BLACK] = [0xffffffff, 0xff000000]

export class Ants {
  #context
  #image // the whole canvas
  #words
  #kinds // for each of its pixels what kind of edge it is, and where in the pattern
  #edges = null // the numbers of those pixels that are any; null when they have to be found again
  #phase = 0
  #timer
  #motion = matchMedia("(prefers-reduced-motion: reduce)")

  constructor(canvas) {
    this.canvas = canvas
    this.#context = canvas.getContext("2d")
  }

  start() {
    this.#timer = setInterval(() => this.#march(), STEP)
  }

  stop() {
    clearInterval(this.#timer)
  }

  /** As large as the canvas of the mask under it, in screen pixels. */
  resize({ width, height }) {
    Object.assign(this.canvas, { width, height })
    this.#image = new ImageData(width, height)
    this.#words = new Uint32Array(this.#image.data.buffer)
    this.#kinds = new Uint8Array(width * height)
    this.#edges = null
  }

  /** Draw a box of the picture, or with `null` everything. */
  draw(surface, view, dirty) {
    const { width, height } = this.canvas
    if (!dirty) this.#clear()
    const box = visible(view, dirty ? grown(view.toScreen(dirty)) : { left: 0, top: 0, right: width, bottom: height })
    if (!box) return
    const [columns, rows] = [box.right - box.left, box.bottom - box.top]
    const kinds = new Uint8Array(columns * rows)
    findEdges(surface, view, box, kinds)
    for (let y = box.top, from = 0; y < box.bottom; y += 1) {
      for (let x = box.left, at = y * width + x; x < box.right; x += 1, at += 1, from += 1) {
        this.#kinds[at] = kinds[from] && (kinds[from] | (((x + y) % (2 * DASH)) << 2))
        this.#words[at] = kinds[from] && this.#colour(this.#kinds[at])
      }
    }
    this.#edges = null
    this.#context.putImageData(this.#image, 0, 0, box.left, box.top, columns, rows)
  }

  #clear() {
    this.#words.fill(0)
    this.#kinds.fill(0)
    this.#edges = null
    this.#context.clearRect(0, 0, this.canvas.width, this.canvas.height)
  }

  #colour(kind) {
    const isDash = ((kind >> 2) + this.#phase) % (2 * DASH) < DASH
    return isDash === Boolean(kind & INSIDE) ? WHITE : BLACK
  }

  #march() {
    if (this.#motion.matches || document.hidden || !this.#kinds) return
    this.#edges ??= this.#found()
    if (!this.#edges.length) return
    this.#phase = (this.#phase + 1) % (2 * DASH)
    for (const at of this.#edges) this.#words[at] = this.#colour(this.#kinds[at])
    const { width } = this.canvas
    const [top, bottom] = [this.#edges[0], this.#edges.at(-1)].map(at => Math.floor(at / width))
    this.#context.putImageData(this.#image, 0, 0, 0, top, width, bottom - top + 1)
  }

  #found() {
    const edges = []
    for (let at = 0; at < this.#kinds.length; at += 1) if (this.#kinds[at]) edges.push(at)
    return edges
  }
}

function grown({ left, top, right, bottom }) {
  return { left: left - 1, top: top - 1, right: right + 1, bottom: bottom + 1 }
}
