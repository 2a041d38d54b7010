// The tools and what a gesture with each of them does to the mask. Points are {x, y, pressure} in picture pixels; every act
// gives the box of the mask that changed, or null. No DOM.

import { GRAIN, grains, operation } from "./operations.js"

export const SMALLEST = 1
export const LARGEST = 512
const STROKES = ["brush", "eraser"]
const BOXES = ["rectangle", "ellipse"]

export class Workbench {
  #tool = "brush"
  #size = 64
  #last = null // where the last stroke ended: a Shift-click draws on from there

  constructor(mask) {
    Object.assign(this, { mask, draft: null, hasPressure: false })
  }

  get tool() {
    return this.#tool
  }

  set tool(name) {
    if (name === this.#tool) return
    this.draft = null
    this.mask.end()
    this.#tool = name
  }

  /** The brush's diameter in picture pixels, 1 to 512. */
  get size() {
    return this.#size
  }

  set size(pixels) {
    this.#size = Math.max(SMALLEST, Math.min(LARGEST, Math.round(pixels) || SMALLEST))
  }

  get isStroke() {
    return STROKES.includes(this.#tool)
  }

  get isBusy() {
    return this.draft !== null || this.mask.isOpen
  }

  /** A step larger or smaller: 1 px while small, then about an eighth. */
  resize(direction) {
    this.size += direction * Math.max(1, Math.round(this.#size / 8))
  }

  swap() {
    this.tool = this.#tool === "brush" ? "eraser" : "brush"
  }

  /** A gesture begins; `isErasing` takes away with any tool, `isStraight` draws a line from the last stroke's end. */
  begin(point, { isErasing = false, isStraight = false } = {}) {
    const mode = isErasing || this.#tool === "eraser" ? "subtract" : "add"
    if (this.isStroke) return this.#beginStroke(point, mode, isStraight)
    if (this.#tool === "polygon") this.#addCorner(point, mode)
    else if (this.#tool !== "pan") this.draft = { kind: this.#tool, mode, points: [point], isSquare: isStraight }
    return null
  }

  #beginStroke(point, mode, isStraight) {
    const from = isStraight ? this.#last : null
    this.mask.begin("stroke", { mode, radius: this.#radius, radii: this.hasPressure ? [] : null })
    return this.extend(from ? [from, point] : [point])
  }

  get #radius() {
    return (this.#size * GRAIN) / 2
  }

  /** The gesture goes on through points; `isSquare` keeps boxes square. */
  extend(points, { isSquare = false } = {}) {
    if (!points.length) return null
    if (this.mask.isOpen) return this.#lead(points)
    if (!this.draft) return null
    if (this.draft.kind === "polygon") this.draft.hover = points.at(-1)
    else if (this.draft.kind === "lasso") this.draft.points.push(...points)
    else this.draft.points = [this.draft.points[0], isSquare ? squared(this.draft.points[0], points.at(-1)) : points.at(-1)]
    return null
  }

  #lead(points) {
    this.#last = points.at(-1)
    return this.mask.extend(points.flatMap(flat), points.map(({ pressure }) => Math.round(this.#radius * (pressure || 1))))
  }

  /** The gesture ends: a stroke or shape becomes one step; a polygon goes on until it is closed. */
  end() {
    if (this.mask.isOpen) this.mask.end()
    else if (this.draft && this.draft.kind !== "polygon") return this.#commit(this.draft.points)
    return null
  }

  /** Take back what has begun. */
  cancel() {
    this.draft = null
    return this.mask.cancel()
  }

  /** Close the polygon over its corners; fewer than three enclose nothing. */
  close() {
    return this.draft?.kind === "polygon" ? this.#commit(this.draft.points) : null
  }

  #addCorner(point, mode) {
    this.draft ??= { kind: "polygon", mode, points: [] }
    this.draft.points.push(point)
    this.draft.hover = point
  }

  #commit(points) {
    const { kind, mode } = this.draft
    this.draft = null
    if (points.length < (BOXES.includes(kind) ? 2 : 3)) return null
    return this.mask.add(operation(kind, { mode, points: points.flatMap(flat) }))
  }

  /** Fill, clear or invert the whole mask. */
  whole(kind) {
    this.cancel()
    return this.mask.add(operation(kind))
  }
}

function flat({ x, y }) {
  return [grains(x), grains(y)]
}

function squared(from, to) {
  const edge = Math.max(Math.abs(to.x - from.x), Math.abs(to.y - from.y))
  return { x: from.x + Math.sign(to.x - from.x || 1) * edge, y: from.y + Math.sign(to.y - from.y || 1) * edge }
}
