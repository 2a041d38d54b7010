// Prices as the studio writes them before they are paid: two significant figures. No DOM.

import { estimate, twoFigures } from "./prices.js"

/** {low, high, expected}, as `estimate` gives them, for the composer's values; a range where the model chooses. */
export function priceOf(rules, wish) {
  const priced = size => estimate(rules, { ...wish, size })
  if (wish.size !== rules.auto) return priced(wish.size)
  const likely = Object.values(rules.presets).map(({ standard: [width, height] }) => priced(`${width}x${height}`))
  const auto = priced(rules.auto)
  return { ...auto, low: likely.reduce((least, { low }) => (low < least ? low : least), auto.low) }
}

/** A figure or a range for `count` pictures: "$0.053", "$0.0059–0.21". */
export function about({ low, high }, count = 1) {
  const [from, to] = [low, high].map(price => twoFigures(price * BigInt(count || 1)))
  return from === to ? from : `${from}–${to.slice(1)}`
}

/** The same for one picture, where room is short. */
export function span(price) {
  return about(price)
}
