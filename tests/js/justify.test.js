import assert from "node:assert/strict"
import test from "node:test"

import { justify } from "../../static/js/helpers/justify.js"

const RATIOS = [1, 1.5, 0.67, 1.78, 3, 0.33, 1, 0.75, 2.33, 1, 1, 0.56, 1.5, 1.33, 3, 1, 0.67]
const ROOM = { width: 1311, target: 200, gap: 6, isComplete: true }

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
      for (const row of rowsOf(justify(RATIOS, room), room).slice(0, -1)) {
        assert.equal(row.reduce((sum, box) => sum + box.width, room.gap * (row.length - 1)), width)
      }
    }
  }
})

test("pictures keep their ratio to within a pixel", () => {
  justify(RATIOS, ROOM).forEach((box, index) => {
    assert.ok(Math.abs(box.width - RATIOS[index] * box.height) <= 1 + RATIOS[index] / 2)
  })
})

test("pictures of one row are equally tall", () => {
  for (const row of rowsOf(justify(RATIOS, ROOM), ROOM)) assert.equal(new Set(row.map((box) => box.height)).size, 1)
})

test("a last row is never taller than asked for", () => {
  const [box] = justify([0.5], ROOM)
  assert.equal(box.height, ROOM.target)
})

test("more pictures never move those already placed", () => {
  const first = justify(RATIOS.slice(0, 9), { ...ROOM, isComplete: false })
  const all = justify(RATIOS, ROOM)
  first.forEach((box, index) => box && assert.deepEqual(box, all[index]))
  assert.ok(first.some(Boolean))
})

test("an unfinished last row waits for its other pictures", () => {
  assert.deepEqual(justify([1, 1], { ...ROOM, isComplete: false }), [null, null])
})

test("no pictures need no boxes", () => {
  assert.deepEqual(justify([], ROOM), [])
})
