import assert from "node:assert/strict"
import { readFileSync } from "node:fs"
import { test } from "node:test"

import { estimate, usd } from "../../static/js/helpers/prices.js"
import { isLive, isNear, isNews, priceOfTurn } from "../../static/js/helpers/turns.js"

const rules = JSON.parse(readFileSync(new URL("rules.json", import.meta.url)))
const wish = { size: "1024x1024", quality: "low", prompt: "warmer light", references: 0, base: "" }

test("the page follows whoever reads at its end, and leaves those alone who read above", () => {
  assert.equal(isNear({ scrollHeight: 2000, scrollTop: 1200, clientHeight: 800 }), true)
  assert.equal(isNear({ scrollHeight: 2000, scrollTop: 1100, clientHeight: 800 }), true)
  assert.equal(isNear({ scrollHeight: 2000, scrollTop: 900, clientHeight: 800 }), false)
})

test("the same version may bring more words, an older one brings nothing", () => {
  assert.equal(isNews({ version: "9" }, { version: "10" }), true)
  assert.equal(isNews({ version: "9" }, { version: "9" }), true)
  assert.equal(isNews({ version: "10" }, { version: "9" }), false)
})

test("a turn is under way until it has any end", () => {
  assert.deepEqual(["queued", "running"].map(state => isLive({ state })), [true, true])
  assert.deepEqual(["succeeded", "failed", "canceled"].map(state => isLive({ state })), [false, false, false])
})

test("a message costs its picture, the version it is about, and its words", () => {
  const words = usd("0.0042")
  const alone = priceOfTurn(rules, wish, words)
  const about = priceOfTurn(rules, { ...wish, base: "12", references: 1 }, words)
  assert.equal(alone.expected, estimate(rules, wish).expected + words)
  assert.equal(about.expected - alone.expected, estimate(rules, { ...wish, references: 2 }).expected - estimate(rules, wish).expected)
})

test("what the model chooses stays a range when words are added", () => {
  const { low, high } = priceOfTurn(rules, { ...wish, quality: "auto" }, usd("0.01"))
  const auto = estimate(rules, { ...wish, quality: "auto" })
  assert.deepEqual([low - auto.low, high - auto.high], [usd("0.01"), usd("0.01")])
})

test("an amount is read to the last place a price has, and no further", () => {
  assert.equal(usd("12"), 12n * 10n ** 18n)
  assert.equal(usd("0.0041"), 41n * 10n ** 14n)
  assert.equal(usd("0.1234567890123456789"), 123456789012345678n)
})
