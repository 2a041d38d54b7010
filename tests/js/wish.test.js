import assert from "node:assert/strict"
import { test } from "node:test"

import { about } from "../../static/js/helpers/money.js"
import { worded } from "../../static/js/helpers/wish.js"

const DOLLAR = 10n ** 18n

test("a range is written once when both ends read the same", () => {
  assert.equal(about({ low: (DOLLAR * 526n) / 10_000n, high: (DOLLAR * 529n) / 10_000n }), "$0.053")
  assert.equal(about({ low: (DOLLAR * 59n) / 10_000n, high: (DOLLAR * 2107n) / 10_000n }), "$0.0059–0.21")
})

test("several pictures cost several times as much", () => {
  assert.equal(about({ low: (DOLLAR * 527n) / 10_000n, high: (DOLLAR * 527n) / 10_000n }, 4), "$0.21")
})

test("values take their places in a translated sentence, whatever the order", () => {
  assert.equal(worded("%(b)s before %(a)s, 8 %%", { a: "one", b: "two" }), "two before one, 8 %")
})
