import assert from "node:assert/strict"
import test from "node:test"

import { hasAlpha, isAlike, readMask } from "../../../static/js/editor/pixels.js"

const HALVES = { width: 2, height: 1, rgba: Uint8ClampedArray.of(255, 255, 255, 255, 0, 0, 0, 255) }

test("black and white pictures become masks, by choice of what changes, at the picture's size", () => {
  const target = { width: 4, height: 2 }
  assert.equal(hasAlpha(HALVES.rgba), false)
  assert.deepEqual([...readMask(HALVES, target, "white")], [1, 1, 0, 0, 1, 1, 0, 0])
  assert.deepEqual([...readMask(HALVES, target, "black")], [0, 0, 1, 1, 0, 0, 1, 1])
})

test("a mask with its own alpha changes where it is transparent", () => {
  const rgba = Uint8ClampedArray.of(9, 9, 9, 0, 9, 9, 9, 127, 9, 9, 9, 128, 9, 9, 9, 255)
  assert.equal(hasAlpha(rgba), true)
  assert.deepEqual([...readMask({ rgba, width: 2, height: 2 }, { width: 2, height: 2 }, "transparent")], [1, 1, 0, 0])
})

test("only a mask of the picture's ratio fits it", () => {
  assert.ok(isAlike({ width: 1920, height: 1080 }, { width: 3840, height: 2160 }))
  assert.ok(isAlike({ width: 1254, height: 836 }, { width: 1536, height: 1024 }))
  assert.equal(isAlike({ width: 1024, height: 1024 }, { width: 1536, height: 1024 }), false)
})
