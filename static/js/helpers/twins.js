// Sizes that look the same and cost less. Their limits, in percent, come with `rules.twin`. No DOM.

import { sizeProblems } from "./limits.js"
import { outputTokens } from "./prices.js"

/** The cheapest size of nearly the same area and ratio, or null: {size: {width, height}, saving: 0–1}. */
export function cheaperTwin(rules, width, height, quality, model) {
  if (![width, height].every(edge => Number.isInteger(edge) && edge > 0)) return null
  const tokens = (w, h) => outputTokens(rules, w, h, quality, model)
  const now = tokens(width, height)
  let best = null
  for (const [w, h] of alike(rules, width, height)) {
    const then = tokens(w, h)
    const isEnough = 100 * (now - then) >= rules.twin.saving * now
    if (isEnough && then < (best?.then ?? now)) best = { w, h, then }
  }
  return best && { size: { width: best.w, height: best.h }, saving: 1 - best.then / now }
}

/** Every valid size of nearly the same area and ratio that keeps to the same side of square. */
function* alike(rules, width, height) {
  const { step, maxEdge } = rules.limits
  const { area } = rules.twin
  for (let w = step; w <= maxEdge; w += step) {
    const least = Math.ceil((area * width * height) / (100 * w) / step)
    const most = Math.floor(Math.min(maxEdge, (100 * width * height) / (area * w)) / step)
    for (let h = least * step; h <= most * step; h += step) {
      const isTurned = (w - h) * (width - height) < 0
      if (!isTurned && isAlike(rules.twin, w * height, h * width) && !sizeProblems(rules, w, h).length) yield [w, h]
    }
  }
}

function isAlike({ ratio }, one, other) {
  return 100 * Math.max(one, other) <= (100 + ratio) * Math.min(one, other)
}
