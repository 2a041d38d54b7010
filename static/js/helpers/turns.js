// The rules of a conversation's page: when it follows what is said, what is news to it, what a message will cost. No DOM.

import { priceOf } from "./money.js"
import { plus } from "./prices.js"

const NEAR = 160 // px from the end within which the page follows
const LIVE = ["queued", "running"]

/** Whether somebody reads at the end of what a page scrolls, and so wants to see what comes next. */
export function isNear({ scrollHeight, scrollTop, clientHeight }) {
  return scrollHeight - scrollTop - clientHeight < NEAR
}

/** Whether a turn is still under way. `turn` is what its element says of it: {state, version}. */
export function isLive({ state }) {
  return LIVE.includes(state)
}

/** Whether `fresh` says more of a turn than the page does; the same version may say more words. */
export function isNews(turn, fresh) {
  return Number(fresh.version) >= Number(turn.version)
}

/**
 * {low, high, expected} of a message: its picture and `words`. `wish.sent` counts the conversation's own pictures that go
 * along; where it is not told, that is the version it goes on from.
 */
export function priceOfTurn(rules, wish, words) {
  const references = (Number(wish.references) || 0) + (Number(wish.sent) || (wish.base ? 1 : 0))
  return plus(priceOf(rules, { ...wish, references }), words)
}
