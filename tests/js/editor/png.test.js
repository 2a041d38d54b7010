import assert from "node:assert/strict"
import test from "node:test"
import zlib from "node:zlib"

import { compressRuns } from "../../../static/js/editor/deflate.js"
import { encode } from "../../../static/js/editor/png.js"
import { MaskSurface } from "../../../static/js/editor/surface.js"
import { dice, randomOperation } from "./slow.mjs"

/** The chunks of a PNG as {name: content}, each with its checksum looked at. */
function chunks(bytes) {
  assert.deepEqual([...bytes.subarray(0, 8)], [137, 80, 78, 71, 13, 10, 26, 10])
  const found = {}
  for (let at = 8; at < bytes.length; ) {
    const length = bytes.readUInt32BE(at)
    const checked = bytes.subarray(at + 4, at + 8 + length)
    if (zlib.crc32) assert.equal(zlib.crc32(checked), bytes.readUInt32BE(at + 8 + length))
    found[checked.toString("latin1", 0, 4)] = checked.subarray(4)
    at += 12 + length
  }
  return found
}

test("the file is RGBA of the picture's size with alpha 0 where it changes, 255 elsewhere, and black beneath", async () => {
  const die = dice(21)
  for (const [width, height] of [[1, 1], [257, 130], [640, 65], [1100, 1000]]) {
    const surface = new MaskSurface(width, height)
    for (let round = 0; round < 4; round += 1) surface.paint(randomOperation(die, width, height, ["stroke", "ellipse", "lasso"]))
    if (width === 1100) surface.pixels.forEach((_, at) => { surface.pixels[at] = die.whole(0, 1) }) // noise, which has no runs
    const { IHDR, IDAT, IEND } = chunks(Buffer.from(await (await encode(surface.pixels, width, height)).arrayBuffer()))
    assert.deepEqual([IHDR.readUInt32BE(0), IHDR.readUInt32BE(4), ...IHDR.subarray(8)], [width, height, 8, 6, 0, 0, 0])
    assert.equal(IEND.length, 0)
    const rows = zlib.inflateSync(IDAT)
    assert.equal(rows.length, height * (1 + 4 * width))
    for (let y = 0; y < height; y += 1) {
      const row = rows.subarray(y * (1 + 4 * width), (y + 1) * (1 + 4 * width))
      assert.equal(row[0], 0)
      for (let x = 0; x < width; x += 1) {
        assert.equal(row.readUInt32BE(1 + 4 * x), surface.pixels[y * width + x] ? 0 : 255)
      }
    }
  }
})

test("runs of every length are written so that any decoder reads them", () => {
  const die = dice(22)
  for (const width of [1, 2, 64, 65, 66, 67, 130, 131, 3840, 16384]) {
    const pixels = new Uint8Array(width * 40)
    for (let y = 0; y < 40; y += 1) {
      const row = pixels.subarray(y * width, (y + 1) * width)
      for (let at = 0, value = die.whole(0, 1); at < width; value = 1 - value) {
        const next = at + (die.next() < 0.5 ? die.whole(1, 140) : die.whole(1, width))
        row.fill(value, at, next)
        at = next
      }
    }
    const rows = zlib.inflateSync(compressRuns(pixels, width, 40, 2 ** 20))
    for (let at = 0; at < pixels.length; at += 1) {
      const start = Math.floor(at / width) * (1 + 4 * width) + 1 + 4 * (at % width)
      assert.equal(rows.readUInt32BE(start), pixels[at] ? 0 : 255)
    }
  }
})

test("a 4K mask is far smaller than the 4 MB some gateways take", async () => {
  const die = dice(4)
  const surface = new MaskSurface(3840, 2160)
  for (let round = 0; round < 30; round += 1) surface.paint(randomOperation(die, 3840, 2160, ["stroke", "lasso"]))
  assert.ok((await encode(surface.pixels, 3840, 2160)).size < 1_000_000)
})
