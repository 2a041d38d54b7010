// Prices as the studio writes them before they are paid: two significant figures. No DOM.

import { estimate } from "./prices.js"

/** {low, high, expected} in USD for one picture of the composer's values; a range where the model chooses. */
export function priceOf(rules, wish) {
  const priced = size => estimate(rules, { ...wish, size, partial_images: Number(wish.partial_images) || 0 })
  if (wish.size !== rules.auto) return priced(wish.size)
  const likely = Object.values(rules.presets).map(({ standard: [width, height] }) => priced(`${width}x${height}`))
  const auto = priced(rules.auto)
  return { ...auto, low: Math.min(auto.low, ...likely.map(({ low }) => low)) }
}

/** A figure or a range for `count` pictures: "$0.053", "$0.0059–0.21". */
export function about({ low, high }, count = 1) {
  const [from, to] = [figure(low * count), figure(high * count)]
  return from === to ? from : `${from}–${to.slice(1)}`
}

/** The same for one picture, where room is short. */
export function span(price) {
  return about(price)
}

export function figure(amount) {
  if (!amount) return "$0"
  return amount < 10 ? `$${amount.toPrecision(2)}` : `$${Math.round(amount)}`
}
