import assert from "node:assert/strict"
import { readFileSync } from "node:fs"
import { test } from "node:test"

import { estimate, parseUsd } from "../../static/js/helpers/prices.js"
import { isLive, isNearEnd, isNewer, priceOfTurn } from "../../static/js/helpers/turns.js"

const rules = JSON.parse(readFileSync(new URL("rules.json", import.meta.url)))
const request = { size: "1024x1024", quality: "low", prompt: "warmer light", references: 0, base: "" }

test("the page follows whoever reads at its end, and leaves those alone who read above", () => {
  assert.equal(isNearEnd({ scrollHeight: 2000, scrollTop: 1200, clientHeight: 800 }), true)
  assert.equal(isNearEnd({ scrollHeight: 2000, scrollTop: 1100, clientHeight: 800 }), true)
  assert.equal(isNearEnd({ scrollHeight: 2000, scrollTop: 900, clientHeight: 800 }), false)
})

test("the same version may bring more words, an older one brings nothing", () => {
  assert.equal(isNewer({ version: "9" }, { version: "10" }), true)
  assert.equal(isNewer({ version: "9" }, { version: "9" }), true)
  assert.equal(isNewer({ version: "10" }, { version: "9" }), false)
})

test("a turn is under way until it has any end", () => {
  assert.deepEqual(["queued", "running"].map(state => isLive({ state })), [true, true])
  assert.deepEqual(["succeeded", "failed", "canceled"].map(state => isLive({ state })), [false, false, false])
})

test("a message costs its picture, the version it is about, and its words", () => {
  const words = parseUsd("0.0042")
  const alone = priceOfTurn(rules, request, words)
  const about = priceOfTurn(rules, { ...request, base: "12", references: 1 }, words)
  assert.equal(alone.expected, estimate(rules, request).expected + words)
  assert.equal(about.expected - alone.expected, estimate(rules, { ...request, references: 2 }).expected - estimate(rules, request).expected)
})

test("what the model chooses stays a range when words are added", () => {
  const { low, high } = priceOfTurn(rules, { ...request, quality: "auto" }, parseUsd("0.01"))
  const auto = estimate(rules, { ...request, quality: "auto" })
  assert.deepEqual([low - auto.low, high - auto.high], [parseUsd("0.01"), parseUsd("0.01")])
})

test("an amount is read to the last place a price has, and no further", () => {
  assert.equal(parseUsd("12"), 12n * 10n ** 18n)
  assert.equal(parseUsd("0.0041"), 41n * 10n ** 14n)
  assert.equal(parseUsd("0.1234567890123456789"), 123456789012345678n)
})
