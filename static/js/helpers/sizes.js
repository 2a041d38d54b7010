// Sizes as the model draws them: the twin of `studio/images`. No rule stands here, every number comes with `rules`. No DOM.

import { interpolate } from "./interpolate.js"
import { isLarge, sizeProblems, sorted } from "./limits.js"
import { nearestSize, stepSize } from "./snaps.js"
import { cheaperTwin } from "./twins.js"

export { cheaperTwin, isLarge, nearestSize, sizeProblems, stepSize }

/** A problem or a reason as a sentence in the person's language. */
export function reasonWords({ messages }, { code, values }) {
  return interpolate(messages[code], values)
}

/** The picker's size of a ratio and a tier, or null where there is none. */
export function presetSize({ presets }, ratio, tier) {
  const size = presets[ratio]?.[tier]
  return size ? { width: size[0], height: size[1] } : null
}

/** A ratio by its common name, such as 3:2, else as 1.55:1. */
export function ratioLabel({ commonRatios }, width, height) {
  const name = commonRatios.find(ratio => {
    const [across, down] = ratio.split(":").map(Number)
    return width * down === height * across
  })
  if (name) return name
  const [short, long] = sorted([width, height])
  const text = `${Math.floor((200 * long + short) / (2 * short)) / 100}`
  return width >= height ? `${text}:1` : `1:${text}`
}

/** Megapixels with two decimals, halves up: "1.57". */
export function megapixels(width, height) {
  return (Math.floor((width * height + 5_000) / 10_000) / 100).toFixed(2)
}
