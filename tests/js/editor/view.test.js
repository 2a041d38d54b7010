import assert from "node:assert/strict"
import test from "node:test"

import { draw, shades, visible } from "../../../static/js/editor/overlay.js"
import { MaskSurface } from "../../../static/js/editor/surface.js"
import { View } from "../../../static/js/editor/view.js"
import { dice } from "./slow.mjs"

const PICTURE = { width: 3840, height: 2160 }
const STAGE = { width: 1000, height: 800 }

function isNear(one, other, least = 1e-6) {
  assert.ok(Math.hypot(one.x - other.x, one.y - other.y) < least, `${JSON.stringify(one)} is not ${JSON.stringify(other)}`)
}

test("a point of the picture is found again through any zoom and pan", () => {
  const die = dice(31)
  let view = View.fit(PICTURE, STAGE, 2)
  for (let round = 0; round < 400; round += 1) {
    const point = { x: die.whole(0, 1000), y: die.whole(0, 800) }
    view = die.next() < 0.5 ? view.zoomBy(0.5 + die.next() * 1.5, point) : view.pan(die.whole(-300, 300), die.whole(-300, 300))
    isNear(view.toStage(view.toPicture(point)), point)
  }
})

test("zooming keeps what is under the pointer there", () => {
  const point = { x: 620, y: 410 }
  const view = View.fit(PICTURE, STAGE)
  for (const level of [0.5, 1, 4, 16]) isNear(view.zoomTo(level, point).toPicture(point), view.toPicture(point))
})

test("zoom ends at 5 and 1600 percent and goes by stops between", () => {
  let view = View.fit(PICTURE, STAGE, 1)
  assert.equal(view.zoomTo(1000).level, 16)
  assert.equal(view.zoomTo(0.00001).level, 0.05)
  const levels = []
  for (view = view.zoomTo(0.25); view.level < 16; view = view.zoomStep(1)) levels.push(view.level)
  assert.deepEqual(levels, [0.25, 0.5, 1, 2, 4, 8])
  assert.equal(view.zoomStep(-1).level, 8)
})

test("at 100 percent a pixel of the picture is one of the screen, whatever the screen", () => {
  assert.equal(View.fit(PICTURE, STAGE, 2).zoomTo(1).scale, 0.5)
  assert.equal(View.fit(PICTURE, STAGE, 1).zoomTo(1).scale, 1)
})

test("the picture cannot be lost and stays fitted when the stage changes", () => {
  const away = View.fit(PICTURE, STAGE).pan(99999, -99999)
  assert.ok(away.x < STAGE.width && away.y + PICTURE.height * away.scale > 0)
  assert.ok(View.fit(PICTURE, STAGE).resize({ width: 300, height: 500 }).isFitted)
  assert.equal(View.fit(PICTURE, STAGE).zoomTo(2).resize({ width: 300, height: 500 }).level, 2)
})

test("a point out of sight is revealed by the least pan", () => {
  const view = View.fit(PICTURE, STAGE).zoomTo(4)
  const { x, y } = view.reveal({ x: 3800, y: 40 }).toStage({ x: 3800, y: 40 })
  assert.ok(x >= 0 && x <= STAGE.width && y >= 0 && y <= STAGE.height)
  assert.deepEqual(view.reveal(view.toPicture(view.centre)), view)
})

test("every screen pixel shows the picture's pixel beneath its centre when zoomed in", () => {
  const die = dice(32)
  const surface = new MaskSurface(90, 70)
  surface.pixels.forEach((_, at) => { surface.pixels[at] = die.whole(0, 1) })
  const view = View.fit({ width: 90, height: 70 }, { width: 400, height: 300 }, 1).zoomTo(6.3, { x: 33, y: 51 }).pan(3.3, -7.7)
  const box = visible(view, { left: 10, top: 20, right: 390, bottom: 280 })
  const colours = shades([255, 0, 0])
  const out = new Uint32Array((box.right - box.left) * (box.bottom - box.top))
  draw(surface, view, box, colours, out)
  out.forEach((word, at) => {
    const { x, y } = view.toPicture({ x: box.left + (at % (box.right - box.left)) + 0.5, y: box.top + Math.floor(at / (box.right - box.left)) + 0.5 })
    if (x < 0 || y < 0 || x >= 90 || y >= 70) return
    assert.equal(word, colours[4 * surface.pixels[Math.floor(y) * 90 + Math.floor(x)]])
  })
})

test("a dirty box drawn again gives what drawing everything gives", () => {
  const surface = new MaskSurface(900, 700)
  const view = View.fit({ width: 900, height: 700 }, { width: 333, height: 300 }, 1.5)
  const painted = surface.paint({ kind: "stroke", mode: "add", radius: 400, points: [1000, 1000, 5000, 4000] })
  const whole = visible(view, { left: 0, top: 0, right: 500, bottom: 450 })
  const [span, words] = [whole.right - whole.left, shades([1, 2, 3])]
  const all = new Uint32Array(span * (whole.bottom - whole.top))
  draw(surface, view, whole, words, all)
  const part = visible(view, view.toScreen(painted))
  const pieces = new Uint32Array((part.right - part.left) * (part.bottom - part.top))
  draw(surface, view, part, words, pieces)
  const patched = new Uint32Array(all.length).fill(words[0])
  for (let y = part.top; y < part.bottom; y += 1) {
    patched.set(pieces.subarray((y - part.top) * (part.right - part.left), (y - part.top + 1) * (part.right - part.left)), (y - whole.top) * span + part.left - whole.left)
  }
  assert.deepEqual(patched, all)
})
