// The painted pixels themselves: one byte a pixel, 1 where the picture will change. Seen as tiles of 256 px, so that undo
// keeps and counting visits only what was touched. No DOM.

import { overlap, union } from "./boxes.js"
import { shapesOf } from "./operations.js"
import { pack, unpack } from "./runs.js"

const TILE = 256

export class MaskSurface {
  #words
  #counts
  #stale
  #scratch = new Uint8Array(TILE * TILE)

  constructor(width, height) {
    Object.assign(this, { width, height, columns: Math.ceil(width / TILE), rows: Math.ceil(height / TILE) })
    this.#words = new Uint32Array(Math.ceil((width * height) / 4))
    this.pixels = new Uint8Array(this.#words.buffer, 0, width * height)
    this.#counts = new Uint32Array(this.columns * this.rows)
    this.#stale = new Set()
  }

  get box() {
    return { left: 0, top: 0, right: this.width, bottom: this.height }
  }

  /** How many pixels are painted. */
  get count() {
    for (const tile of this.#stale) this.#counts[tile] = this.#counted(tile)
    this.#stale.clear()
    return this.#counts.reduce((sum, count) => sum + count, 0)
  }

  /** Paint an operation (a stroke's from point number `first` on); `keep(tile)` is told of each tile before it changes. Gives the box that changed. */
  paint(operation, first = 0, keep = () => {}) {
    if (operation.kind === "invert") return this.#invert()
    if (["fill", "clear", "bitmap"].includes(operation.kind)) return this.#replace(operation, keep)
    let dirty = null
    for (const shape of shapesOf(operation, first)) dirty = union(dirty, this.#fill(shape, operation.mode === "add" ? 1 : 0, keep))
    return dirty
  }

  #fill(shape, value, keep) {
    const box = overlap(shape, this.box)
    if (!box) return null
    this.#touch(box, keep)
    let start = box.top * this.width
    const emit = (from, to) => {
      const [first, last] = [from < 0 ? 0 : from, to > this.width ? this.width : to]
      if (first < last) this.pixels.fill(value, start + first, start + last)
    }
    for (let y = box.top; y < box.bottom; y += 1, start += this.width) shape.spans(y, emit)
    return box
  }

  #replace({ kind, pixels }, keep) {
    this.#touch(this.box, keep)
    if (kind === "bitmap") unpack(pixels, this.pixels)
    else this.pixels.fill(kind === "fill" ? 1 : 0)
    return this.box
  }

  #invert() {
    this.#touch(this.box, () => {})
    for (let at = 0; at < this.#words.length; at += 1) this.#words[at] ^= 0x01010101
    return this.box
  }

  #touch(box, keep) {
    for (let row = Math.floor(box.top / TILE); row * TILE < box.bottom; row += 1) {
      for (let column = Math.floor(box.left / TILE); column * TILE < box.right; column += 1) {
        const tile = row * this.columns + column
        keep(tile)
        this.#stale.add(tile)
      }
    }
  }

  /** The box of a tile by its number. */
  boxOf(tile) {
    const [left, top] = [(tile % this.columns) * TILE, Math.floor(tile / this.columns) * TILE]
    return { left, top, right: Math.min(left + TILE, this.width), bottom: Math.min(top + TILE, this.height) }
  }

  /** A tile's pixels, packed. */
  packTile(tile) {
    const { left, top, right, bottom } = this.boxOf(tile)
    const span = right - left
    for (let y = top, at = 0; y < bottom; y += 1, at += span) this.#scratch.set(this.pixels.subarray(y * this.width + left, y * this.width + right), at)
    return pack(this.#scratch.subarray(0, span * (bottom - top)))
  }

  /** Put a packed tile back; gives its box. */
  putTile(tile, packed) {
    const box = this.boxOf(tile)
    const span = box.right - box.left
    unpack(packed, this.#scratch.subarray(0, span * (box.bottom - box.top)))
    for (let y = box.top, at = 0; y < box.bottom; y += 1, at += span) this.pixels.set(this.#scratch.subarray(at, at + span), y * this.width + box.left)
    this.#stale.add(tile)
    return box
  }

  /** The same pixels on a surface of their own. */
  copy() {
    const twin = new MaskSurface(this.width, this.height)
    twin.pixels.set(this.pixels)
    for (let tile = 0; tile < this.#counts.length; tile += 1) twin.#stale.add(tile)
    return twin
  }

  #counted(tile) {
    const { left, top, right, bottom } = this.boxOf(tile)
    let count = 0
    for (let y = top; y < bottom; y += 1) {
      for (let at = y * this.width + left, end = y * this.width + right; at < end; at += 1) count += this.pixels[at]
    }
    return count
  }
}
