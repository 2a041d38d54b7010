import assert from "node:assert/strict"
import { test } from "node:test"

import { interpolate } from "../../static/js/helpers/interpolate.js"

test("values take their places in a translated sentence, whatever the order", () => {
  assert.equal(interpolate("%(b)s before %(a)s, 8 %%", { a: "one", b: "two" }), "two before one, 8 %")
})
