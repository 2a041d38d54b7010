// The slow and obvious way to paint: every pixel asks every shape. Shares nothing with the editor's own code.
// Gives 1 inside, 0 outside and null within a hair of the edge, where rounding may decide either way.

const HAIR = 1e-6

export function isIn({ kind, radius, points, radii }, x, y) {
  const corners = pairs(points)
  if (kind === "stroke") return strokeHolds(corners, index => (radii ? radii[index] : radius) / 8, x, y)
  const [a, b] = corners
  if (kind === "rectangle") return rated(Math.min(x - Math.min(a.x, b.x), Math.max(a.x, b.x) - x, y - Math.min(a.y, b.y), Math.max(a.y, b.y) - y))
  if (kind === "ellipse") {
    const [rx, ry] = [Math.abs(a.x - b.x) / 2, Math.abs(a.y - b.y) / 2]
    return rated(1 - Math.hypot((x - (a.x + b.x) / 2) / rx, (y - (a.y + b.y) / 2) / ry))
  }
  return enclosed(corners, x, y)
}

function pairs(points) {
  return Array.from({ length: points.length / 2 }, (_, at) => ({ x: points[2 * at] / 8, y: points[2 * at + 1] / 8 }))
}

function rated(depth) {
  return Math.abs(depth) < HAIR ? null : depth > 0 ? 1 : 0
}

// A brush between two points is every disc on the way; the best of them is searched, not calculated.
function strokeHolds(points, radiusOf, x, y) {
  let depth = -Infinity
  points.forEach((b, index) => {
    const at = Math.max(0, index - 1)
    const a = points[at]
    const reach = t => radiusOf(at) + t * (radiusOf(index) - radiusOf(at)) - Math.hypot(x - a.x - t * (b.x - a.x), y - a.y - t * (b.y - a.y))
    let [low, high] = [0, 1]
    for (let step = 0; step < 60; step += 1) {
      const [one, other] = [low + (high - low) / 3, high - (high - low) / 3]
      if (reach(one) < reach(other)) low = one
      else high = other
    }
    depth = Math.max(depth, reach(0), reach(1), reach(low))
  })
  return rated(depth)
}

// The nonzero rule by angles: how often the line turns around the point.
function enclosed(corners, x, y) {
  let turned = 0
  for (const [index, a] of corners.entries()) {
    const b = corners[(index + 1) % corners.length]
    if (toSegment(a, b, x, y) < HAIR) return null
    const angle = Math.atan2(b.y - y, b.x - x) - Math.atan2(a.y - y, a.x - x)
    turned += angle > Math.PI ? angle - 2 * Math.PI : angle < -Math.PI ? angle + 2 * Math.PI : angle
  }
  return Math.abs(turned) > Math.PI ? 1 : 0
}

function toSegment(a, b, x, y) {
  const length = (b.x - a.x) ** 2 + (b.y - a.y) ** 2
  const t = length ? Math.max(0, Math.min(1, ((x - a.x) * (b.x - a.x) + (y - a.y) * (b.y - a.y)) / length)) : 0
  return Math.hypot(x - a.x - t * (b.x - a.x), y - a.y - t * (b.y - a.y))
}

/** A dice that always falls the same way. */
export function dice(seed) {
  let state = seed
  const next = () => {
    state = (state + 0x6d2b79f5) | 0
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state)
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32
  }
  return { next, whole: (from, to) => from + Math.floor(next() * (to - from + 1)), one: list => list[Math.floor(next() * list.length)] }
}

/** A random operation on a picture of that size; its points may lie outside. */
export function randomOperation({ next, whole, one }, width, height, kinds = ["stroke", "rectangle", "ellipse", "lasso", "polygon", "invert", "fill", "clear"]) {
  const kind = one(kinds)
  const count = { stroke: whole(1, 12), rectangle: 2, ellipse: 2, lasso: whole(3, 14), polygon: whole(3, 8) }[kind] ?? 0
  const point = () => [whole(-2 * width, 10 * width), whole(-2 * height, 10 * height)]
  const points = Array.from({ length: count }, point).flat()
  const radius = kind === "stroke" ? whole(4, Math.min(width, height) * 2) : 0
  const radii = kind === "stroke" && next() < 0.3 ? Array.from({ length: count }, () => whole(0, radius)) : null
  return { kind, mode: one(["add", "add", "subtract"]), radius, points, radii, pixels: null }
}
