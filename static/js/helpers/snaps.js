// The nearest size to any width and height, with each change as a reason: the twin of `studio/images/nearest_sizes.py`. Whole numbers
// throughout, so that both reach the same size. No DOM.

import { sorted } from "./limits.js"

/** The nearest size to any width and height, and why it differs: {size: {width, height}, reasons: [{code, values}]}. */
export function nearestSize({ limits }, width, height) {
  const requested = [width, height].map(edge => wholeEdge(limits, edge))
  const clamped = requested.map(edge => Math.min(edge, limits.maxRatio * Math.min(...requested)))
  const reasons = isSame(requested, clamped) ? [] : [wholeReason(limits, "snapped_ratio", requested, clamped)]
  let size
  if (isWithinLimits(limits, clamped)) {
    const rounded = clamped.map(edge => toStep(limits, edge))
    size = stepIntoLimits(limits, rounded)
    reasons.push(...roundingReasons(limits, clamped, rounded))
    if (!isSame(size, rounded)) reasons.push(wholeReason(limits, brokenLimit(limits, rounded), rounded, size))
  } else {
    size = stepIntoLimits(limits, scaled(limits, clamped))
    reasons.push(wholeReason(limits, brokenLimit(limits, clamped), clamped, size))
  }
  return { size: { width: size[0], height: size[1] }, reasons }
}

/** A valid size with one edge ("width" or "height") moved by so many steps, as far as the other edge lets it. */
export function stepSize(rules, width, height, axis, delta) {
  const { limits } = rules
  const { size } = nearestSize(rules, width, height)
  const other = size[axis === "width" ? "height" : "width"]
  const least = Math.ceil(Math.max(other / limits.maxRatio, limits.minPixels / other) / limits.step)
  const most = Math.floor(Math.min(limits.maxEdge, other * limits.maxRatio, limits.maxPixels / other) / limits.step)
  const steps = Math.min(most, Math.max(least, size[axis] / limits.step + Math.trunc(delta)))
  return { ...size, [axis]: steps * limits.step }
}

function isSame([width, height], [w, h]) {
  return width === w && height === h
}

/** What was typed as a whole number of px within reason; what is no number counts as 1. */
function wholeEdge({ longestInput }, edge) {
  return Math.min(longestInput, Math.max(1, Math.trunc(edge) || 1))
}

function isWithinLimits({ maxEdge, minPixels, maxPixels }, [width, height]) {
  const pixels = width * height
  return Math.max(width, height) <= maxEdge && pixels >= minPixels && pixels <= maxPixels
}

function toStep({ step }, edge) {
  return Math.floor((edge + step / 2) / step) * step
}

// One factor for both edges; see `scaled` in nearest_sizes.py for why whole numbers are enough.
function scaled(limits, [width, height]) {
  const { step, maxEdge, minPixels, maxPixels } = limits
  const [short, long] = sorted([width, height])
  const pixels = width * height < minPixels ? minPixels : maxPixels
  if (pixels === maxPixels && maxEdge ** 2 * short < pixels * long) {
    return [width, height].map(edge => Math.floor((2 * edge * maxEdge + step * long) / (2 * step * long)) * step)
  }
  const root = (edge, other) => Math.floor(Math.sqrt(Math.floor((pixels * edge) / other)))
  return [toStep(limits, root(width, height)), toStep(limits, root(height, width))]
}

function stepIntoLimits({ step, maxEdge, maxRatio, minPixels, maxPixels }, [width, height]) {
  let [short, long] = sorted([width, height])
  while (long > maxEdge || long > maxRatio * short || short * long > maxPixels) long -= step
  while (short * long < minPixels && long + step <= maxRatio * short) long += step
  while (short * long < minPixels) short += step
  return width >= height ? [long, short] : [short, long]
}

function roundingReasons({ step }, before, after) {
  const changed = new Map(before.map((edge, at) => [edge, after[at]]).filter(([edge, result]) => edge !== result))
  return [...changed].map(([edge, result]) => ({ code: "snapped_to_multiple", values: { edge, step, result } }))
}

function brokenLimit({ maxRatio, minPixels }, [width, height]) {
  if (Math.max(width, height) > maxRatio * Math.min(width, height)) return "snapped_ratio"
  return width * height < minPixels ? "snapped_up" : "snapped_down"
}

function wholeReason({ maxRatio }, code, [width, height], after) {
  return { code, values: { width, height, limit: maxRatio, result: after.join("×") } }
}
