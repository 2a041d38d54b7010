// Prices as the composer shows them before they are paid. Prices are the BigInts of prices.js. No DOM.

import { estimate, twoFigures } from "./prices.js"

/** {low, high, expected} for one picture of the composer's values; a range where the model chooses the size. */
export function priceOf(rules, wish) {
  const price = estimate(rules, wish)
  if (wish.size !== rules.auto) return price
  const shapes = Object.values(rules.presets).map(({ standard }) => standard).filter(Boolean)
  const likely = shapes.map(edges => estimate(rules, { ...wish, size: edges.join("x") }).low)
  return { ...price, low: likely.reduce((least, low) => (low < least ? low : least), price.low) }
}

/** A figure or a range for `count` pictures: "$0.053", "$0.0059–0.21". */
export function about({ low, high }, count = 1) {
  const [from, to] = [low, high].map(price => twoFigures(price * BigInt(count || 1)))
  return from === to ? from : `${from}–${to.slice(1)}`
}
