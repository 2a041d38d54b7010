import assert from "node:assert/strict"
import { test } from "node:test"

import { Selection, touches } from "../../static/js/helpers/selection.js"

const ORDER = ["9", "8", "7", "6", "5"]

test("a second click lets go of a picture", () => {
  const selection = new Selection()
  selection.toggle("8", ORDER)
  selection.toggle("6", ORDER)
  selection.toggle("8", ORDER)
  assert.deepEqual(selection.ids, ["6"])
})

test("a range goes from the last click to this one, in either direction", () => {
  const selection = new Selection()
  selection.toggle("6", ORDER)
  selection.extendTo("9", ORDER)
  assert.deepEqual(selection.ids.toSorted(), ["6", "7", "8", "9"])
  selection.extendTo("5", ORDER)
  assert.equal(selection.size, 5)
})

test("a range without a beginning is one picture", () => {
  const selection = new Selection()
  selection.extendTo("7", ORDER)
  assert.deepEqual(selection.ids, ["7"])
})

test("all that match need no ids, and holding back one leaves those on the page", () => {
  const selection = new Selection()
  selection.chooseAll()
  assert.equal(selection.has("1000000"), true)
  assert.equal(selection.isEmpty, false)
  selection.toggle("7", ORDER)
  assert.deepEqual(selection.ids, ["9", "8", "6", "5"])
  assert.equal(selection.isAll, false)
})

test("clearing forgets where a range began", () => {
  const selection = new Selection()
  selection.toggle("9", ORDER)
  selection.clear()
  selection.extendTo("5", ORDER)
  assert.deepEqual(selection.ids, ["5"])
})

test("boxes touch where they share more than an edge", () => {
  const box = { left: 0, top: 0, right: 10, bottom: 10 }
  assert.equal(touches(box, { left: 9, top: 9, right: 20, bottom: 20 }), true)
  assert.equal(touches(box, { left: 10, top: 0, right: 20, bottom: 10 }), false)
})
