import assert from "node:assert/strict"
import test from "node:test"

import { justifyBlock } from "../../static/js/helpers/justify-block.js"

const RATIOS = [1, 1.5, 0.67, 1.78, 3, 0.33, 1, 0.75, 2.33, 1, 1, 0.56, 1.5, 1.33, 3, 1, 0.67]
const ROOM = { width: 1311, target: 200, gap: 6, isLast: true }

function rowsOf(boxes, { width, gap }) {
  const rows = [[]]
  let used = -gap
  for (const box of boxes) {
    if (used + gap + box.width > width) { rows.push([]); used = -gap }
    rows.at(-1).push(box)
    used += gap + box.width
  }
  return rows
}

test("every row but the last is exactly as wide as its room, at any width and height", () => {
  for (let width = 300; width < 2000; width += 37) {
    for (const target of [90, 150, 270, 400]) {
      const room = { ...ROOM, width, target }
      for (const row of rowsOf(justifyBlock(RATIOS, room).boxes, room).slice(0, -1)) {
        assert.equal(row.reduce((sum, box) => sum + box.width, room.gap * (row.length - 1)), width)
      }
    }
  }
})

test("pictures keep their ratio to within a pixel", () => {
  justifyBlock(RATIOS, ROOM).boxes.forEach((box, index) => {
    assert.ok(Math.abs(box.width - RATIOS[index] * box.height) <= 1 + RATIOS[index] / 2)
  })
})

test("pictures of one row are equally tall", () => {
  for (const row of rowsOf(justifyBlock(RATIOS, ROOM).boxes, ROOM)) assert.equal(new Set(row.map((box) => box.height)).size, 1)
})

test("a last row is never taller than asked for", () => {
  const { boxes: [box] } = justifyBlock([0.5], ROOM)
  assert.equal(box.height, ROOM.target)
})

test("a block that is followed by another ends with a whole row", () => {
  for (let width = 300; width < 2000; width += 37) {
    const room = { ...ROOM, width, isLast: false }
    for (const row of rowsOf(justifyBlock(RATIOS, room).boxes, room)) {
      assert.equal(row.reduce((sum, box) => sum + box.width, room.gap * (row.length - 1)), width)
    }
  }
})

test("the rows of a block are about as tall as asked for", () => {
  for (const isLast of [true, false]) {
    for (const { height } of justifyBlock([...RATIOS, ...RATIOS], { ...ROOM, isLast }).boxes) assert.ok(height > 120 && height < 320, height)
  }
})

test("a block is as tall as its rows and the gaps between them", () => {
  const { boxes, height } = justifyBlock(RATIOS, ROOM)
  const rows = rowsOf(boxes, ROOM)
  assert.equal(height, rows.reduce((sum, [box]) => sum + box.height, ROOM.gap * (rows.length - 1)))
})

test("no pictures need no boxes", () => {
  assert.deepEqual(justifyBlock([], ROOM), { boxes: [], height: 0 })
})
