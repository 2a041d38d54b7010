import assert from "node:assert/strict"
import test from "node:test"

import { MaskSurface } from "../../../static/js/editor/surface.js"
import { dice, isIn, randomOperation } from "./slow.mjs"

/** Paint one operation both ways and compare every pixel. */
function compare(operation, width, height) {
  const surface = new MaskSurface(width, height)
  const before = operation.mode === "subtract" ? 1 : 0
  surface.pixels.fill(before)
  const box = surface.paint(operation)
  for (let y = 0; y < height; y += 1) {
    for (let x = 0; x < width; x += 1) {
      const inside = isIn(operation, x + 0.5, y + 0.5)
      const painted = surface.pixels[y * width + x] !== before ? 1 : 0
      if (inside !== null) assert.equal(painted, inside, `${JSON.stringify(operation)} at ${x}, ${y}`)
      if (painted) assert.ok(box.left <= x && x < box.right && box.top <= y && y < box.bottom, "painted outside the dirty box")
    }
  }
}

for (const kind of ["stroke", "rectangle", "ellipse", "lasso", "polygon"]) {
  test(`a random ${kind} covers exactly the pixels whose centre is inside`, () => {
    const die = dice(kind.length * 7919)
    for (let round = 0; round < 25; round += 1) compare(randomOperation(die, 61, 43, [kind]), 61, 43)
  })
}

test("a click is a disc, and a stroke led straight on is one capsule", () => {
  const surface = new MaskSurface(20, 20)
  surface.paint({ kind: "stroke", mode: "add", radius: 16, points: [80, 80] })
  assert.deepEqual([...surface.pixels.subarray(9 * 20 + 7, 9 * 20 + 13)], [0, 1, 1, 1, 1, 0])
  assert.equal(surface.count, 12)
  surface.paint({ kind: "stroke", mode: "add", radius: 16, points: [80, 80, 112, 80] })
  assert.equal(surface.count, 12 + 4 * 4)
})

test("a stroke may leave the picture and come back", () => {
  const surface = new MaskSurface(50, 50)
  surface.paint({ kind: "stroke", mode: "add", radius: 16, points: [200, 200, -900, 200, -900, -900, 200, -900, 200, 80] })
  assert.equal(surface.pixels[25 * 50], 1, "out over the left edge")
  assert.equal(surface.pixels[25], 1, "in again from above")
  assert.equal(surface.pixels[10 * 50 + 10], 0)
})

test("a loop that crosses itself stays painted where it does", () => {
  const twice = [0, 0, 160, 0, 160, 160, 0, 160, 0, 0, 160, 0, 160, 160, 0, 160]
  const surface = new MaskSurface(20, 20)
  surface.paint({ kind: "lasso", mode: "add", points: twice })
  assert.equal(surface.count, 400)
})

test("a lasso along pixel edges takes each pixel once, however two of them meet", () => {
  const surface = new MaskSurface(16, 16)
  surface.paint({ kind: "polygon", mode: "add", points: [4, 0, 60, 0, 60, 128, 4, 128] })
  const left = surface.count
  surface.paint({ kind: "clear" })
  surface.paint({ kind: "polygon", mode: "add", points: [60, 0, 124, 0, 124, 128, 60, 128] })
  const right = surface.count
  surface.paint({ kind: "polygon", mode: "add", points: [4, 0, 60, 0, 60, 128, 4, 128] })
  assert.equal(surface.count, left + right)
})

test("the count is the number of painted pixels after anything", () => {
  const die = dice(5)
  const surface = new MaskSurface(700, 301)
  for (let round = 0; round < 60; round += 1) {
    surface.paint(randomOperation(die, 700, 301))
    assert.equal(surface.count, surface.pixels.reduce((sum, value) => sum + value, 0))
    assert.ok(surface.pixels.every(value => value === 0 || value === 1))
  }
})

test("only the tiles a stroke passes are told of before it", () => {
  const surface = new MaskSurface(1024, 1024)
  const kept = []
  surface.paint({ kind: "stroke", mode: "add", radius: 80, points: [800, 800, 1600, 800] }, 0, tile => kept.push(tile))
  assert.deepEqual([...new Set(kept)], [0])
})
