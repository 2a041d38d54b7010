// Undo and redo: each step keeps its operation and, packed, the tiles as they were before it. Going back swaps them with the
// tiles as they are, so both ways are the same to the bit. No DOM.

import { union } from "./boxes.js"

const DEPTH = 100 // steps always kept, memory permitting
const SLACK = 40 // more than that, so that old steps are folded in batches
export const LIMIT = 64 * 2 ** 20
const OVERHEAD = 320 // bytes an engine spends on a packed tile beside its content

export class History {
  #done = []
  #undone = []

  constructor(surface, limit = LIMIT) {
    Object.assign(this, { surface, limit, bytes: 0, foldedCount: 0 })
  }

  get undoCount() {
    return this.#done.length
  }

  get redoCount() {
    return this.#undone.length
  }

  get operations() {
    return this.#done.map(step => step.operation)
  }

  /** A step that has been painted: its operation and the packed tiles from before. What was undone is forgotten. */
  push(operation, tiles) {
    for (const step of this.#undone.splice(0)) this.bytes -= step.bytes
    const step = { operation, tiles, bytes: 0 }
    this.#done.push(step)
    this.#weigh(step)
    if (this.#done.length > DEPTH + SLACK) this.#fold(SLACK)
    while (this.bytes > this.limit && this.#done.length > 1) this.#fold(1)
  }

  /** Take the last step back; gives the box that changed, or null. */
  undo() {
    return this.#move(this.#done, this.#undone)
  }

  redo() {
    return this.#move(this.#undone, this.#done)
  }

  /** Take a copy of the surface back to before the oldest step that is kept. */
  rewind(surface) {
    for (const { operation, tiles } of this.#done.toReversed()) {
      if (operation.kind === "invert") surface.paint(operation)
      else for (const [tile, packed] of tiles) surface.putTile(tile, packed)
    }
    return surface
  }

  #move(from, to) {
    const step = from.pop()
    if (!step) return null
    to.push(step)
    return step.operation.kind === "invert" ? this.surface.paint(step.operation) : this.#swap(step)
  }

  #swap(step) {
    let dirty = null
    for (const [tile, packed] of step.tiles) {
      step.tiles.set(tile, this.surface.packTile(tile))
      dirty = union(dirty, this.surface.putTile(tile, packed))
    }
    this.bytes -= step.bytes
    this.#weigh(step)
    return dirty
  }

  #weigh(step) {
    const { points, radii, pixels } = step.operation
    step.bytes = OVERHEAD + (points.byteLength ?? 8 * points.length) + (radii?.byteLength ?? 0) + (pixels?.byteLength ?? 0)
    for (const packed of step.tiles.values()) step.bytes += packed.byteLength + OVERHEAD
    this.bytes += step.bytes
  }

  #fold(count) {
    for (const step of this.#done.splice(0, count)) this.bytes -= step.bytes
    this.foldedCount += count
  }
}
