import assert from "node:assert/strict"
import { readFileSync } from "node:fs"
import { test } from "node:test"

import { costWarning, formatEstimate, priceOf } from "../../static/js/helpers/money.js"

const rules = JSON.parse(readFileSync(new URL("rules.json", import.meta.url)))
const request = { size: "1024x1024", quality: "medium", prompt: "abcd" }
const DOLLAR = 10n ** 18n
const dollars = text => BigInt(text.replace(".", "").padEnd(19, "0"))

test("a range is written once when both ends read the same", () => {
  assert.equal(formatEstimate({ low: (DOLLAR * 526n) / 10_000n, high: (DOLLAR * 529n) / 10_000n }), "$0.053")
  assert.equal(formatEstimate({ low: (DOLLAR * 59n) / 10_000n, high: (DOLLAR * 2107n) / 10_000n }), "$0.0059–0.21")
})

test("several pictures cost several times as much", () => {
  assert.equal(formatEstimate({ low: (DOLLAR * 527n) / 10_000n, high: (DOLLAR * 527n) / 10_000n }, 4), "$0.21")
})

test("the button's figure is a price or a range, times the count", () => {
  assert.equal(formatEstimate(priceOf(rules, request)), "$0.053")
  assert.equal(formatEstimate(priceOf(rules, request), 10), "$0.53")
  assert.equal(formatEstimate(priceOf(rules, { ...request, quality: "auto" })), "$0.0059–0.21")
  assert.equal(formatEstimate(priceOf(rules, request), NaN), "$0.053")
})

test("what to avoid is part of the words that are paid for", () => {
  assert.ok(priceOf(rules, { ...request, avoid: "people, text" }).expected > priceOf(rules, request).expected)
  assert.deepEqual(priceOf(rules, { ...request, avoid: "  " }), priceOf(rules, request))
})

test("more than ten times the usual price stands out, for all pictures of a request together", () => {
  const price = { low: dollars("0.05"), high: dollars("0.05"), expected: dollars("0.05") }
  assert.equal(costWarning(price, 1, "0.005"), null)
  assert.deepEqual(costWarning(price, 4, "0.0049"), { price: "$0.20", times: "41", usual: "$0.0049" })
  for (const usual of ["", undefined, "0"]) assert.equal(costWarning(price, 10, usual), null)
})
