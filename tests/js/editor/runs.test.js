import assert from "node:assert/strict"
import test from "node:test"

import { fromBase64, pack, toBase64, unpack } from "../../../static/js/editor/runs.js"
import { dice } from "./slow.mjs"

test("packed pixels come back, smooth or noisy, of any length", () => {
  const die = dice(11)
  for (const length of [1, 7, 8, 9, 200, 65536, 70001]) {
    for (const change of [0, 0.001, 0.2, 0.5, 1]) {
      let value = die.whole(0, 1)
      const pixels = Uint8Array.from({ length }, () => (value = die.next() < change ? 1 - value : value))
      const packed = pack(pixels)
      assert.ok(packed.length <= 1 + Math.ceil(length / 8))
      assert.deepEqual(unpack(fromBase64(toBase64(packed)), new Uint8Array(length)), pixels)
    }
  }
})

test("one colour of any size takes a handful of bytes", () => {
  assert.ok(pack(new Uint8Array(3840 * 2160)).length < 8)
  assert.ok(pack(new Uint8Array(3840 * 2160).fill(1)).length < 8)
})

test("bytes of another mask are refused, and no bytes hang or write outside", () => {
  assert.throws(() => unpack(pack(new Uint8Array(99)), new Uint8Array(98)), RangeError)
  assert.throws(() => unpack(new Uint8Array(), new Uint8Array(8)), RangeError)
  const die = dice(12)
  for (let round = 0; round < 3000; round += 1) {
    const bytes = Uint8Array.from({ length: die.whole(0, 20) }, () => die.whole(0, 255))
    if (bytes.length && die.next() < 0.8) bytes[0] = die.whole(0, 1)
    const pixels = new Uint8Array(64)
    try { unpack(bytes, pixels) } catch (error) { assert.ok(error instanceof RangeError) }
    assert.ok(pixels.every(value => value <= 1))
  }
})
