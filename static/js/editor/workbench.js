// The tools and what a gesture with each of them does to the mask. Points are {x, y, pressure} in picture pixels; every act
// gives the box of the mask that changed, or null. What was begun is never dropped by doing something else: strokes and shapes
// end where they are, a polygon closes, or waits while it has too few corners. No DOM.

import { union } from "./boxes.js"
import { GRAIN, fromRow, grains, operation, toRow } from "./operations.js"

const SMALLEST = 1
const LARGEST = 512
const STROKES = ["brush", "eraser"]
const BOXES = ["rectangle", "ellipse"]
const CORNERS = 3 // fewer enclose nothing

export class Workbench {
  #tool = "brush"
  #size = 64
  #last = null // where the last stroke ended: a Shift-click draws on from there
  #waiting = null // a polygon of too few corners, while another tool is in use

  constructor(mask) {
    Object.assign(this, { mask, draft: null, hasPressure: false })
  }

  get tool() {
    return this.#tool
  }

  /** Take another tool. Panning leaves a polygon as it is: it only shows more of the picture. */
  choose(tool) {
    if (tool === this.#tool) return null
    const isPolygonKept = tool === "pan" || tool === "polygon"
    const dirty = isPolygonKept ? this.end() : this.settle()
    const polygon = this.outline
    if (polygon) polygon.hover = polygon.points.at(-1)
    this.#tool = tool
    this.draft = isPolygonKept ? polygon : null
    this.#waiting = isPolygonKept ? null : polygon
    return dirty
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

  get canUndo() {
    return this.#polygon !== null || this.mask.canUndo
  }

  /** The shape that is seen but not painted yet, or null. */
  get outline() {
    return this.draft ?? this.#waiting
  }

  get #polygon() {
    return this.draft?.kind === "polygon" ? this.draft : null
  }

  /** A step larger or smaller: 1 px while small, then about an eighth. */
  resize(direction) {
    this.size += direction * Math.max(1, Math.round(this.#size / 8))
  }

  swap() {
    return this.choose(this.#tool === "brush" ? "eraser" : "brush")
  }

  /** A gesture begins; `isErasing` takes away with any tool, `isStraight` draws a line from the last stroke's end. */
  begin(point, { isErasing = false, isStraight = false } = {}) {
    const mode = isErasing || this.#tool === "eraser" ? "subtract" : "add"
    const dirty = this.end()
    if (this.isStroke) return union(dirty, this.#beginStroke(point, mode, isStraight))
    if (this.#tool === "polygon") this.#addCorner(point, mode)
    else if (this.#tool !== "pan") this.draft = { kind: this.#tool, mode, points: [point], isSquare: isStraight }
    return dirty
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

  /** Finish what has begun: a stroke or a shape ends, a polygon closes where it encloses anything. */
  settle() {
    return union(this.end(), this.close())
  }

  /** Take back the gesture that has begun: a stroke, a shape, or a polygon's last corner. */
  takeBack() {
    if (this.#polygon) this.#dropCorner()
    else this.draft = null
    return this.mask.cancel()
  }

  /** Discard what has begun, a whole polygon too. */
  cancel() {
    if (!this.isBusy) this.#waiting = null
    this.draft = null
    return this.mask.cancel()
  }

  /** Close the polygon over its corners; with too few it goes on. */
  close() {
    const points = this.#polygon?.points ?? []
    return points.length < CORNERS ? null : this.#commit(points)
  }

  /** Back by a corner of the polygon, else by a step of the mask. */
  undo() {
    if (!this.#polygon) return this.mask.undo()
    this.#dropCorner()
    return null
  }

  // A double click is two corners in one place.
  #addCorner(point, mode) {
    this.draft ??= { kind: "polygon", mode, points: [] }
    const last = this.draft.points.at(-1)
    if (!last || Math.hypot(point.x - last.x, point.y - last.y) >= 1) this.draft.points.push(point)
    this.draft.hover = point
  }

  #dropCorner() {
    this.draft.points.pop()
    if (!this.draft.points.length) this.draft = null
  }

  /** The polygon that is not closed yet as a draft's row, or null; given back, it goes on where it was. */
  get unfinished() {
    const polygon = this.#polygon ?? this.#waiting
    return polygon && toRow(operation("polygon", { mode: polygon.mode, points: polygon.points.flatMap(flat) }))
  }

  set unfinished(row) {
    const { kind, mode, points } = fromRow(row)
    if (kind !== "polygon") throw new RangeError("only a polygon stays unfinished")
    const corners = Array.from({ length: points.length / 2 }, (_, at) => ({ x: points[2 * at] / GRAIN, y: points[2 * at + 1] / GRAIN }))
    this.#tool = kind
    this.draft = { kind, mode, points: corners }
  }

  #commit(points) {
    const { kind, mode } = this.draft
    this.draft = null
    if (points.length < (BOXES.includes(kind) ? 2 : CORNERS)) return null
    return this.mask.add(operation(kind, { mode, points: points.flatMap(flat) }))
  }

  /** Fill, clear or invert the whole mask. */
  whole(kind) {
    const dirty = this.settle()
    return union(dirty, this.mask.add(operation(kind)))
  }
}

function flat({ x, y }) {
  return [grains(x), grains(y)]
}

function squared(from, to) {
  const edge = Math.max(Math.abs(to.x - from.x), Math.abs(to.y - from.y))
  return { x: from.x + Math.sign(to.x - from.x || 1) * edge, y: from.y + Math.sign(to.y - from.y || 1) * edge }
}
