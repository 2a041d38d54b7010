// The mask of one picture: its surface, what was painted on it, and how that is written into a draft. No DOM.

import { union } from "./boxes.js"
import { History } from "./history.js"
import { fromRow, operation, toRow } from "./operations.js"
import { fromBase64, pack, toBase64 } from "./runs.js"
import { MaskSurface } from "./surface.js"

export class Mask {
  #open = null
  #base = { foldedCount: 0, text: null }

  constructor(width, height, limit) {
    this.surface = new MaskSurface(width, height)
    this.history = new History(this.surface, limit)
  }

  /** The mask of a draft's JSON; RangeError when it is of another size or broken. */
  static from(draft, width, height) {
    if (draft.width !== width || draft.height !== height) throw new RangeError("the draft belongs to a picture of another size")
    const mask = new Mask(width, height)
    if (draft.base) mask.#layBase(draft.base)
    for (const row of draft.operations) mask.add(fromRow(row))
    return mask
  }

  /** The share of the picture that is painted, 0 to 1. */
  get share() {
    return this.surface.count / (this.surface.width * this.surface.height)
  }

  get canUndo() {
    return this.history.undoCount > 0
  }

  get canRedo() {
    return this.history.redoCount > 0
  }

  get isOpen() {
    return this.#open !== null
  }

  /** Paint a whole operation as one step; gives the box that changed. */
  add(whole) {
    this.begin(whole.kind, whole)
    const dirty = this.#paint(0)
    this.end()
    return dirty
  }

  /** Begin a stroke of `mode` and `radius`; its points follow. */
  begin(kind, options) {
    this.end()
    this.#open = { operation: operation(kind, options), tiles: new Map() }
  }

  /** Lead the open stroke on through points [x, y, …] in eighths, with their radii where pressure counts; gives the box that changed. */
  extend(points, radii) {
    const { operation: stroke } = this.#open
    const first = stroke.points.length / 2
    for (const value of points) stroke.points.push(value)
    if (radii && stroke.radii) for (const value of radii) stroke.radii.push(value)
    return this.#paint(first)
  }

  #paint(first) {
    const { operation: open, tiles } = this.#open
    return this.surface.paint(open, first, tile => {
      if (!tiles.has(tile)) tiles.set(tile, this.surface.packTile(tile))
    })
  }

  /** Close the open stroke: from now on it is one step of the history. */
  end() {
    if (!this.#open) return
    const { operation: stroke, tiles } = this.#open
    this.#open = null
    if (!tiles.size && stroke.kind !== "invert") return // all of it lay outside the picture
    this.history.push({ ...stroke, points: Int32Array.from(stroke.points), radii: stroke.radii && Int32Array.from(stroke.radii) }, tiles)
  }

  /** Take the open stroke back as if it had never begun; gives the box that changed. */
  cancel() {
    let dirty = null
    for (const [tile, packed] of this.#open?.tiles ?? []) dirty = union(dirty, this.surface.putTile(tile, packed))
    this.#open = null
    return dirty
  }

  undo() {
    return this.isOpen ? this.cancel() : this.history.undo()
  }

  redo() {
    return this.isOpen ? null : this.history.redo()
  }

  /** What a draft keeps: {width, height, base, operations}; `base` packs what is too old to be undone. */
  toJSON() {
    const { width, height } = this.surface
    const { foldedCount, operations } = this.history
    if (this.#base.foldedCount !== foldedCount) this.#base = { foldedCount, text: toBase64(pack(this.#closedBase().pixels)) }
    return { width, height, base: this.#base.text, operations: operations.map(toRow) }
  }

  // A stroke that is still being drawn is in the surface and not yet in the history.
  #closedBase() {
    const surface = this.surface.copy()
    for (const [tile, packed] of this.#open?.tiles ?? []) surface.putTile(tile, packed)
    return this.history.rewind(surface)
  }

  #layBase(text) {
    this.surface.paint(operation("bitmap", { pixels: fromBase64(text) }))
    this.#base.text = text
  }
}
