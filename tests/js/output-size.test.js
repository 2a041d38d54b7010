import assert from "node:assert/strict"
import test from "node:test"

import { isPossible, outputSize, printSize, resolution } from "../../static/js/helpers/output-size.js"

const OWN = { width: 1536, height: 1024 }

test("a long edge and a box keep the ratio", () => {
  assert.deepEqual(outputSize(OWN, { size: "edge", edge: 768 }), { width: 768, height: 512 })
  assert.deepEqual(outputSize(OWN, { size: "exact", width: 3000, height: 512 }), { width: 768, height: 512 })
  assert.deepEqual(outputSize(OWN, { size: "exact", width: NaN, height: NaN }), OWN)
})

test("a print size with a resolution says how many pixels it needs", () => {
  const wanted = { size: "print", printWidth: 20, unit: "cm", dpi: 300 }
  const pixels = outputSize(OWN, wanted)
  assert.deepEqual(pixels, { width: 2362, height: 1575 })
  assert.equal(resolution(pixels, wanted), 300)
  assert.equal(printSize(pixels, 300, "cm").across.toFixed(1), "20.0")
  assert.equal(outputSize(OWN, { ...wanted, dpi: NaN }), null)
})

test("a print width alone says how many dots an inch the pixels there are make", () => {
  assert.equal(resolution(OWN, { size: "as_is", printWidth: 5.12, unit: "in", dpi: NaN }), 300)
  assert.equal(resolution(OWN, { size: "as_is", printWidth: NaN, unit: "in", dpi: NaN }), 0)
})

test("what a format cannot hold is said", () => {
  assert.ok(isPossible({ width: 8000, height: 5000 }, "png"))
  assert.ok(!isPossible({ width: 8001, height: 5000 }, "png"))
  assert.ok(!isPossible({ width: 16_384, height: 10 }, "webp"))
})
