import assert from "node:assert/strict"
import test from "node:test"

import { FIT, fitted, clampView, focusOf, magnification, pan, viewOn, zoomAt } from "../../static/js/helpers/zoom.js"

const PICTURE = { width: 2000, height: 1000 }
const STAGE = { width: 800, height: 600 }

test("a picture fits its stage and stands in the middle", () => {
  assert.deepEqual(fitted(PICTURE, STAGE), { left: 0, top: 100, width: 800, height: 400 })
})

test("zooming keeps the point under the pointer where it is", () => {
  const point = { x: 200, y: 250 }
  const view = zoomAt(zoomAt(FIT, { x: 500, y: 300 }, 1.7, 8), point, 1.9, 8)
  const before = zoomAt(FIT, { x: 500, y: 300 }, 1.7, 8)
  assert.ok(Math.abs((point.x - before.x) / before.scale - (point.x - view.x) / view.scale) < 1e-9)
  assert.ok(Math.abs((point.y - before.y) / before.scale - (point.y - view.y) / view.scale) < 1e-9)
})

test("zooming ends at the fitted size and at the limit", () => {
  assert.equal(zoomAt(FIT, { x: 0, y: 0 }, 0.1, 8).scale, 1)
  assert.equal(zoomAt(FIT, { x: 0, y: 0 }, 100, 8).scale, 8)
})

test("a picture cannot be dragged out of its stage", () => {
  const view = clampView(pan({ scale: 4, x: 0, y: 0 }, 9999, 9999), PICTURE, STAGE)
  assert.deepEqual([view.x, view.y], [0, -400])
  const other = clampView(pan({ scale: 4, x: 0, y: 0 }, -9999, -9999), PICTURE, STAGE)
  assert.deepEqual([other.x, other.y], [800 - 3200, 600 - 400 - 1600])
})

test("a picture smaller than its stage stays in the middle of it", () => {
  assert.deepEqual(clampView(pan(FIT, 300, -300), PICTURE, STAGE), { scale: 1, x: 0, y: 0 })
})

test("at 100 % one pixel of the picture is one of the screen", () => {
  assert.equal(magnification(FIT, PICTURE, STAGE, 1), 0.4)
  assert.equal(magnification({ scale: 2.5, x: 0, y: 0 }, PICTURE, STAGE, 1), 1)
  assert.equal(magnification(FIT, PICTURE, STAGE, 2), 0.8)
})

test("what one view looks at is looked at by another on a stage of another size, in a picture of another one", () => {
  const view = clampView(zoomAt(FIT, { x: 300, y: 250 }, 3, 8), PICTURE, STAGE)
  const focus = focusOf(view, PICTURE, STAGE)
  assert.deepEqual(viewOn(focus, PICTURE, STAGE), view)
  const [twice, half] = [{ width: 4000, height: 2000 }, { width: 400, height: 300 }]
  const other = focusOf(viewOn(focus, twice, half), twice, half)
  for (const name of ["scale", "u", "v"]) assert.ok(Math.abs(other[name] - focus[name]) < 1e-9)
})

test("a stage that is not shown looks at the middle", () => {
  assert.deepEqual(focusOf(FIT, PICTURE, { width: 0, height: 0 }), { scale: 1, u: 0.5, v: 0.5 })
})
