// Sizes as the model draws them. Holds no rule of its own: every number comes with `rules`. Exact, so in BigInt. No DOM.

import { outputTokens } from "./prices.js"

const TWIN_AREA = 0.95
const TWIN_RATIO = 0.12
const TWIN_SAVING = 0.08

/** The codes of the rules a width and height break; empty when the model draws that size. */
export function sizeProblems({ limits }, width, height) {
  if (width <= 0 || height <= 0) return ["size_not_a_size"]
  const [short, long] = [Math.min(width, height), Math.max(width, height)]
  const broken = {
    size_not_multiple: width % limits.step !== 0 || height % limits.step !== 0,
    size_edge_too_long: long > limits.maxEdge,
    size_ratio_too_wide: long > limits.maxRatio * short,
    size_too_few_pixels: width * height < limits.minPixels,
    size_too_many_pixels: width * height > limits.maxPixels,
  }
  return Object.keys(broken).filter(code => broken[code])
}

export function isLarge({ limits }, width, height) {
  return width * height > limits.largePixels
}

/** A ratio by its common name, such as 3:2, else as 1.55:1. */
export function ratioLabel({ commonRatios }, width, height) {
  const name = commonRatios.find(ratio => {
    const [across, down] = ratio.split(":").map(Number)
    return width * down === height * across
  })
  if (name) return name
  const [short, long] = [Math.min(width, height), Math.max(width, height)]
  const text = `${Math.floor((200 * long + short) / (2 * short)) / 100}`
  return width >= height ? `${text}:1` : `1:${text}`
}

/** A reason as a sentence in the person's language. */
export function reasonWords({ messages }, { code, values }) {
  return messages[code].replace(/%\((\w+)\)s/g, (_place, name) => values[name])
}

/** The nearest size to any wish, and why it differs: {size: {width, height}, reasons: [{code, values}]}. */
export function nearestSize(rules, wishedWidth, wishedHeight) {
  const wish = [wishedWidth, wishedHeight].map(edge => Math.max(1, Math.trunc(edge)))
  if (!sizeProblems(rules, ...wish).length) return { size: { width: wish[0], height: wish[1] }, reasons: [] }
  const { step, maxRatio } = rules.limits
  const reasons = []
  const clamped = wish.map(edge => Math.min(edge, maxRatio * Math.min(...wish)))
  if (clamped.some((edge, at) => edge !== wish[at])) reasons.push(whole("snapped_ratio", wish, clamped, { limit: maxRatio }))
  const [top, bottom] = factor(rules.limits, clamped)
  const isScaled = top !== bottom
  const scaled = clamped.map(edge => BigInt(edge) * top)
  if (isScaled) {
    const after = scaled.map(edge => Number(halfUp(edge, bottom)))
    reasons.push(whole(top < bottom ? "snapped_down" : "snapped_up", clamped, after))
  }
  const rounded = scaled.map(edge => Math.max(step, Number(halfUp(edge, bottom * BigInt(step))) * step))
  if (!isScaled) reasons.push(...roundings(clamped, rounded, step))
  const size = stepIntoLimits(rules.limits, rounded)
  const at = size[0] === rounded[0] ? 1 : 0
  if (size[at] !== rounded[at]) reasons.push({ code: "snapped_step", values: { edge: rounded[at], result: size[at] } })
  const last = reasons.at(-1)
  if (last && "width" in last.values) last.values.result = shown(size)
  return { size: { width: size[0], height: size[1] }, reasons }
}

function roundings(before, after, step) {
  const changed = new Map(before.map((edge, at) => [edge, after[at]]).filter(([edge, result]) => edge !== result))
  return [...changed].map(([edge, result]) => ({ code: "snapped_to_multiple", values: { edge, step, result } }))
}

function whole(code, [width, height], after, more = {}) {
  return { code, values: { width, height, result: shown(after), ...more } }
}

function shown([width, height]) {
  return `${width}×${height}`
}

/** The one factor, as a fraction, that brings both edges into the pixel and edge limits. */
function factor({ minPixels, maxPixels, maxEdge, rootScale }, [width, height]) {
  const pixels = BigInt(width) * BigInt(height)
  const scale = BigInt(rootScale)
  const root = limit => squareRoot((BigInt(limit) * scale * scale) / pixels)
  let [top, bottom] = [1n, 1n]
  if (pixels > maxPixels) [top, bottom] = [root(maxPixels), scale]
  else if (pixels < minPixels) [top, bottom] = [root(minPixels) + 1n, scale]
  const [most, longest] = [BigInt(maxEdge), BigInt(Math.max(width, height))]
  return most * bottom < top * longest ? [most, longest] : [top, bottom]
}

function squareRoot(value) {
  if (value < 2n) return value
  let guess = BigInt(Math.floor(Math.sqrt(Number(value)))) + 1n
  for (;;) {
    const next = (guess + value / guess) / 2n
    if (next >= guess) return guess
    guess = next
  }
}

function halfUp(top, bottom) {
  return (2n * top + bottom) / (2n * bottom)
}

function stepIntoLimits({ step, maxEdge, maxRatio, minPixels, maxPixels }, [width, height]) {
  let [short, long] = [Math.min(width, height), Math.max(width, height)]
  while (long > maxEdge || long > maxRatio * short || short * long > maxPixels) long -= step
  while (short * long < minPixels && long + step <= Math.min(maxEdge, maxRatio * short)) long += step
  while (short * long < minPixels) short += step
  return width >= height ? [long, short] : [short, long]
}

/** A size that looks the same and costs less, or null: {size: {width, height}, saving: 0–1}. */
export function cheaperTwin(rules, width, height, quality) {
  if (sizeProblems(rules, width, height).length) return null
  const factors = rules.formula.factors
  const of = (w, h) => outputTokens(rules, w, h, quality in factors ? quality : Object.keys(factors).at(-1))
  const [now, { step }] = [of(width, height), rules.limits]
  let best = null
  for (let w = step; w <= rules.limits.maxEdge; w += step) {
    for (const h of alike(rules, width, height, w)) {
      const saving = 1 - of(w, h) / now
      if (saving >= TWIN_SAVING && saving > (best?.saving ?? 0)) best = { size: { width: w, height: h }, saving }
    }
  }
  return best
}

/** The heights that make, with a width, a valid size of nearly the same area and ratio. */
function alike(rules, width, height, w) {
  const { step } = rules.limits
  const ratio = width / height
  const heights = []
  for (let h = Math.floor(w / ratio / (1 + TWIN_RATIO) / step) * step; h <= (w / ratio) * (1 + TWIN_RATIO); h += step) {
    const isNear = Math.abs(w / h / ratio - 1) <= TWIN_RATIO && w * h >= TWIN_AREA * width * height && w * h <= width * height / TWIN_AREA
    if (isNear && !sizeProblems(rules, w, h).length) heights.push(h)
  }
  return heights
}
