// What was painted, as data: {kind, mode, radius, points, radii, pixels}. Points are [x, y, x, y, …] in whole eighths of a
// picture pixel, so that a mask painted again from its saved operations is the same to the bit. No DOM.

import { capsule, ellipse, outline, rectangle } from "./geometry.js"
import { fromBase64, toBase64 } from "./runs.js"

export const GRAIN = 8
const LARGEST = 2 ** 24 // keeps foreign numbers where arithmetic is exact

const KINDS = ["stroke", "rectangle", "ellipse", "lasso", "polygon", "invert", "fill", "clear", "bitmap"]
const MODES = ["add", "subtract"]

/** A length or a coordinate in pixels as whole eighths. */
export function grains(pixels) {
  return Math.max(-LARGEST, Math.min(LARGEST, Math.round(pixels * GRAIN)))
}

/** An operation; a stroke's `radius` and `radii` (one for each point, where pressure counts) are eighths too. */
export function operation(kind, { mode = "add", radius = 0, points = [], radii = null, pixels = null } = {}) {
  return { kind, mode, radius, points, radii, pixels }
}

/** The shapes an operation paints; a stroke's from the point number `first` on. */
export function* shapesOf({ kind, radius, points, radii }, first = 0) {
  const at = index => ({ x: points[2 * index] / GRAIN, y: points[2 * index + 1] / GRAIN, r: (radii?.[index] ?? radius) / GRAIN })
  if (kind === "stroke") {
    for (let index = first; 2 * index < points.length; index += 1) yield capsule(at(Math.max(0, index - 1)), at(index))
  } else if (kind === "rectangle" || kind === "ellipse") {
    const [a, b] = [at(0), at(1)]
    yield (kind === "ellipse" ? ellipse : rectangle)(a.x, a.y, b.x, b.y)
  } else if (kind === "lasso" || kind === "polygon") {
    yield outline(Array.from(points, point => point / GRAIN))
  }
}

/** How an operation is written into a draft: [kind, mode, radius, point steps, radius steps], or [kind] or ["bitmap", base64]. */
export function toRow({ kind, mode, radius, points, radii, pixels }) {
  if (kind === "bitmap") return [kind, toBase64(pixels)]
  if (!points.length) return [kind]
  const row = [kind, mode, radius, steps(points, 2)]
  return radii ? [...row, steps(radii, 1)] : row
}

/** The operation of a row; RangeError when it is none. */
export function fromRow(row) {
  const [kind, mode, radius, moves, turns] = Array.isArray(row) ? row : []
  if (!KINDS.includes(kind)) throw new RangeError("unknown operation")
  if (kind === "bitmap") return operation(kind, { pixels: fromBase64(mode) })
  if (["invert", "fill", "clear"].includes(kind)) return operation(kind)
  const points = sums(moves, 2)
  const isWhole = MODES.includes(mode) && Number.isInteger(radius) && radius >= 0 && radius <= LARGEST && points.length >= 2 && points.length % 2 === 0
  const isBox = kind === "rectangle" || kind === "ellipse"
  if (!isWhole || (isBox && points.length !== 4)) throw new RangeError("broken operation")
  const radii = turns ? sums(turns, 1) : null
  if (radii && (radii.length * 2 !== points.length || radii.some(value => value < 0))) throw new RangeError("broken operation")
  return operation(kind, { mode, radius, points, radii })
}

function steps(values, stride) {
  return Array.from(values, (value, at) => (at < stride ? value : value - values[at - stride]))
}

function sums(moves, stride) {
  if (!Array.isArray(moves)) throw new RangeError("broken operation")
  const values = new Int32Array(moves.length)
  for (const [at, move] of moves.entries()) {
    const value = at < stride ? move : values[at - stride] + move
    if (!Number.isInteger(value) || Math.abs(value) > LARGEST) throw new RangeError("broken operation")
    values[at] = value
  }
  return values
}
