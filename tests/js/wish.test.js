import assert from "node:assert/strict"
import { test } from "node:test"

import { about, figure } from "../../static/js/helpers/money.js"
import { worded } from "../../static/js/helpers/wish.js"

test("an estimate has two significant figures", () => {
  assert.equal(figure(0.05268), "$0.053")
  assert.equal(figure(0.00588), "$0.0059")
  assert.equal(figure(1.234), "$1.2")
  assert.equal(figure(12.34), "$12")
  assert.equal(figure(0), "$0")
})

test("a range is written once when both ends read the same", () => {
  assert.equal(about({ low: 0.0526, high: 0.0529 }), "$0.053")
  assert.equal(about({ low: 0.0059, high: 0.2107 }), "$0.0059–0.21")
  assert.equal(about({ low: 0.0527, high: 0.0527 }, 4), "$0.21")
})

test("values take their places in a translated sentence, whatever the order", () => {
  assert.equal(worded("%(b)s before %(a)s, 8 %%", { a: "one", b: "two" }), "two before one, 8 %")
})
