// The rules of a conversation's page: when it scrolls along, which turn is newer, what a message will cost. No DOM.

import { priceOf } from "./money.js"
import { addPrice } from "./prices.js"

const NEAR = 160 // px from the end within which the page follows
const LIVE = ["queued", "running"]

/** Whether a page is scrolled to its end, so that whoever reads there sees what comes next. */
export function isNearEnd({ scrollHeight, scrollTop, clientHeight }) {
  return scrollHeight - scrollTop - clientHeight < NEAR
}

/** Whether a turn is still under way. `turn` is what its element says of it: {state, version}. */
export function isLive({ state }) {
  return LIVE.includes(state)
}

/** Whether `fresh` says more of a turn than the page does; the same version may say more words. */
export function isNewer(turn, fresh) {
  return Number(fresh.version) >= Number(turn.version)
}

/**
 * {low, high, expected} of a message: its picture and `words`. `request.sent` counts the conversation's own pictures that go
 * along; where it is not told, that is the version it goes on from.
 */
export function priceOfTurn(rules, request, words) {
  const references = (Number(request.references) || 0) + (Number(request.sent) || (request.base ? 1 : 0))
  return addPrice(priceOf(rules, { ...request, references }), words)
}
