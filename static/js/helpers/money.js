// Prices as the studio writes them before they are paid: two significant figures. No DOM.

import { estimate } from "./prices.js"

/** {low, high, expected} in USD for one picture of the composer's values. */
export function priceOf(rules, wish) {
  return estimate(rules, { ...wish, partial_images: Number(wish.partial_images) || 0 })
}

/** A figure or a range for `count` pictures: "$0.053", "$0.0059–$0.21". */
export function about({ low, high }, count = 1) {
  const [from, to] = [figure(low * count), figure(high * count)]
  return from === to ? from : `${from}–${to}`
}

/** The same for one picture, where room is short. */
export function span(price) {
  return about(price)
}

export function figure(amount) {
  if (!amount) return "$0"
  return amount < 10 ? `$${amount.toPrecision(2)}` : `$${Math.round(amount)}`
}
