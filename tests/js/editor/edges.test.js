import assert from "node:assert/strict"
import test from "node:test"

import { clearestOn } from "../../../static/js/editor/contrast.js"
import { findEdges } from "../../../static/js/editor/edges.js"
import { operation } from "../../../static/js/editor/operations.js"
import { MaskSurface } from "../../../static/js/editor/surface.js"
import { View } from "../../../static/js/editor/view.js"

function edgesOf(surface, view, box) {
  const span = box.right - box.left
  const out = new Uint8Array(span * (box.bottom - box.top))
  findEdges(surface, view, box, out)
  return Array.from({ length: box.bottom - box.top }, (_, row) => [...out.subarray(row * span, (row + 1) * span)].map(kind => " io"[kind]).join(""))
}

const plain = surface => new View({ picture: surface, stage: surface, ratio: 1, scale: 1, x: 0, y: 0 })

test("the painted area has a line around it, one pixel inside and one outside", () => {
  const surface = new MaskSurface(9, 6)
  surface.paint(operation("rectangle", { points: [2, 2, 7, 5].map(edge => 8 * edge) }))
  assert.deepEqual(edgesOf(surface, plain(surface), surface.box), ["         ", "  ooooo  ", " oiiiiio ", " oi   io ", " oiiiiio ", "  ooooo  "])
})

test("a mask over everything has its line at the picture's own edge", () => {
  const surface = new MaskSurface(4, 3)
  surface.paint(operation("fill"))
  assert.deepEqual(edgesOf(surface, plain(surface), surface.box), ["iiii", "i  i", "iiii"])
})

test("a part that is drawn again has the same line as the whole, at any zoom", () => {
  const surface = new MaskSurface(60, 40)
  surface.paint(operation("ellipse", { points: [5, 5, 50, 35].map(edge => 8 * edge) }))
  for (const scale of [0.5, 1, 3.3]) {
    const view = new View({ picture: surface, stage: { width: 80, height: 60 }, ratio: 1, scale, x: 3.5, y: -2.25 })
    const whole = edgesOf(surface, view, { left: 0, top: 0, right: 80, bottom: 60 })
    const part = edgesOf(surface, view, { left: 10, top: 8, right: 31, bottom: 29 })
    assert.deepEqual(part, whole.slice(8, 29).map(line => line.slice(10, 31)), `${scale}`)
  }
})

function picture(...colours) {
  return Uint8ClampedArray.from(colours.flatMap(([red, green, blue, alpha = 255]) => [red, green, blue, alpha]))
}

test("the mask's colour is one the picture does not have", () => {
  assert.equal(clearestOn(picture([255, 120, 30], [230, 90, 20], [250, 160, 60])), "blue") // warm
  assert.equal(clearestOn(picture([40, 90, 220], [20, 60, 180])), "accent")
  assert.equal(clearestOn(picture([60, 160, 70], [30, 120, 40])), "accent")
  assert.notEqual(clearestOn(picture([200, 40, 30], [180, 30, 60], [255, 90, 20], [30, 60, 200])), "accent")
  assert.equal(clearestOn(picture([0, 0, 0], [255, 255, 255], [128, 128, 128])), "accent")
  assert.equal(clearestOn(picture([255, 100, 0, 0], [40, 90, 220])), "accent") // what is transparent is not seen
  assert.equal(clearestOn(picture([1, 2, 3, 0])), "accent")
})
