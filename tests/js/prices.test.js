import assert from "node:assert/strict"
import { readFileSync } from "node:fs"
import { test } from "node:test"

import { estimate, outputTokens, textTokens, twoFigures } from "../../static/js/helpers/prices.js"

const rules = JSON.parse(readFileSync(new URL("rules.json", import.meta.url)))
const request = { size: "1024x1024", quality: "medium", prompt: "abcd" }
const dollars = text => BigInt(text.replace(".", "").padEnd(19, "0"))

test("tokens follow the formula, ties rounded up", () => {
  assert.equal(outputTokens(rules, 1024, 1024, "medium"), 1756)
  assert.equal(outputTokens(rules, 3840, 2160, "high"), 13_342)
  assert.equal(outputTokens(rules, 2160, 3840, "low"), 371)
  assert.equal(outputTokens(rules, 1024, 672, "low"), 119)
  assert.equal(outputTokens(rules, 1254, 1254, "auto"), 8_232)
})

test("a price is exact to the last digit", () => {
  assert.equal(estimate(rules, request).expected, 1756n * 30n * 10n ** 12n + 5n * 10n ** 12n)
  assert.equal(estimate(rules, request, "1.5").high, (1756n * 30n + 5n) * 15n * 10n ** 11n)
  assert.throws(() => estimate(rules, request, "1.2345678"), RangeError)
})

test("auto quality is a range from low to high", () => {
  const { low, high, expected } = estimate(rules, { ...request, quality: "auto" })
  const at = quality => estimate(rules, { ...request, quality }).expected
  assert.deepEqual([low, expected, high], [at("low"), at("medium"), at("high")])
})

test("previews and references are inside the price", () => {
  const more = estimate(rules, { ...request, partial_images: "2", references: 3 }).expected - estimate(rules, request).expected
  assert.equal(more, (200n * 30n + 3n * 1536n * 8n) * 10n ** 12n)
})

test("a size not typed to its end is priced like auto", () => {
  const auto = estimate(rules, { ...request, size: "auto" })
  for (const size of ["x", "1024x", "0x0", "1024.5x1024", undefined]) assert.deepEqual(estimate(rules, { ...request, size }), auto)
})

test("another model brings its own qualities and rates", () => {
  const finer = { ...rules.models[0], id: "finer", factors: { small: 16, huge: 128 } }
  finer.rates = { ...finer.rates, image_output: "60.00" }
  const more = { ...rules, models: [...rules.models, finer] }
  const huge = estimate(more, { size: "1024x1024", quality: "huge", model: "finer" })
  assert.equal(huge.expected, BigInt(outputTokens(more, 1024, 1024, "huge", "finer")) * 60n * 10n ** 12n)
  assert.equal(estimate(more, { size: "1024x1024", quality: "auto", model: "finer" }).high, huge.high)
})

test("text is counted by its alphabets", () => {
  assert.deepEqual(["", "abcd", "abcde", "猫が好き", "кот", "🎨"].map(text => textTokens(rules, text)), [0, 1, 2, 4, 2, 1])
})

test("before it is paid a price has two figures", () => {
  const shown = { "0.00474": "$0.0047", "0.0525": "$0.053", "0.05": "$0.050", "0.0996": "$0.10", "1.25": "$1.3", "9.96": "$10" }
  for (const [price, words] of Object.entries(shown)) assert.equal(twoFigures(dollars(price)), words)
  assert.equal(twoFigures(0n), "$0")
  assert.equal(twoFigures(dollars("1.23") * 100n), "$120")
})

test("the price is a range over the gateways that are as likely, and the first of them is expected", () => {
  const [{ id, rates }] = rules.models
  const dear = { multiplier: "1.5", rates }
  const whole = { multiplier: "2", pictures: { tier_1k: "0.1", tier_2k: "0.2", tier_4k: "0.4" } }
  const tariffs = { [id]: { standard: [{ multiplier: "1", rates }, dear, whole], large: [whole] } }
  const list = estimate(rules, request).expected
  assert.deepEqual(estimate({ ...rules, tariffs }, request), { low: list, high: dollars("0.2"), expected: list })
  const large = size => estimate({ ...rules, tariffs }, { ...request, size }).expected
  assert.deepEqual([large("2048x2048"), large("3840x2160")], [dollars("0.4"), dollars("0.8")])
  const alone = { ...rules, tariffs: { [id]: { standard: [whole], large: [whole] } } }
  assert.deepEqual(["1024x1024", "1040x1040", "auto"].map(size => estimate(alone, { ...request, size }).high), [dollars("0.2"), dollars("0.4"), dollars("0.4")])
})
