// Prices as the composer shows them before they are paid. Prices are the BigInts of prices.js. No DOM.

import { estimate, twoFigures, parseUsd } from "./prices.js"

const DEAR = 10n // times what a picture usually costs

/** {low, high, expected} for one picture of the composer's values; a range where the model chooses the size. */
export function priceOf(rules, values) {
  const request = { ...values, prompt: withAvoid(values) }
  const price = estimate(rules, request)
  if (request.size !== rules.auto) return price
  const shapes = Object.values(rules.presets).map(({ standard }) => standard).filter(Boolean)
  const likely = shapes.map(edges => estimate(rules, { ...request, size: edges.join("x") }).low)
  return { ...price, low: likely.reduce((least, low) => (low < least ? low : least), price.low) }
}

/** The prompt as it is sent: what to avoid is said at its end. */
function withAvoid({ prompt = "", avoid = "" }) {
  return prompt.trim() && avoid.trim() ? `${prompt.trimEnd()}\n\nAvoid: ${avoid.trim()}.` : prompt
}

/** How a request for `count` pictures stands out where it costs more than ten times `usual`, in words; else null. */
export function costWarning({ expected }, count, usual) {
  const [total, one] = [expected * BigInt(count || 1), parseUsd(usual || "0")]
  if (!one || total <= DEAR * one) return null
  return { price: twoFigures(total), times: `${(total + one / 2n) / one}`, usual: twoFigures(one) }
}

/** A figure or a range for `count` pictures: "$0.053", "$0.0059–0.21". */
export function formatEstimate({ low, high }, count = 1) {
  const [from, to] = [low, high].map(price => twoFigures(price * BigInt(count || 1)))
  return from === to ? from : `${from}–${to.slice(1)}`
}
