import assert from "node:assert/strict"
import test from "node:test"

import { extentOf } from "../../../static/js/editor/extent.js"
import { Framings, detailOf } from "../../../static/js/editor/framings.js"
import { MaskSurface } from "../../../static/js/editor/surface.js"
import { questionOf } from "../../../static/js/editor/painted-share.js"

const BOX = { left: 1, top: 2, width: 3, height: 4 }
const ANSWER = { whole: { size: "1536x1024", scale: 1 }, precise: { size: "1024x1024", scale: 2.3 } }

function paintedAt(width, height, ...points) {
  const surface = new MaskSurface(width, height)
  for (const [x, y] of points) surface.pixels[y * width + x] = 1
  return surface
}

/** A server that answers when it is told to and a clock that is moved by hand. */
function stage(box = BOX) {
  const [asked, waiting, answers] = [[], [], []]
  let due = []
  const timers = {
    setTimeout: run => { due.push(run); return run },
    clearTimeout: timer => { due = due.filter(other => other !== timer) },
  }
  const painted = { box }
  const ask = question => new Promise((resolve, reject) => { asked.push(question); waiting.push({ resolve, reject }) })
  const framings = new Framings({ extent: () => painted.box, ask, timers })
  framings.addEventListener("answer", event => answers.push([framings.answer, event.isMissing]))
  return { framings, painted, asked, waiting, answers, tick: () => due.splice(0).map(run => run()) }
}

test("the box holds every painted pixel and no row or column more", () => {
  assert.equal(extentOf(paintedAt(300, 280)), null)
  assert.deepEqual(extentOf(paintedAt(300, 280, [299, 279])), { left: 299, top: 279, width: 1, height: 1 })
  assert.deepEqual(extentOf(paintedAt(300, 280, [7, 100], [250, 3], [30, 270])), { left: 7, top: 3, width: 244, height: 268 })
  assert.deepEqual(extentOf(paintedAt(5, 5, [0, 0], [4, 4])), { left: 0, top: 0, width: 5, height: 5 })
})

test("many strokes are asked about once, after a rest", async () => {
  const { framings, asked, waiting, answers, tick } = stage()
  for (let stroke = 0; stroke < 5; stroke += 1) framings.touch()
  assert.equal(asked.length, 0)
  const [settled] = tick()
  waiting[0].resolve(ANSWER)
  await settled
  framings.touch()
  await Promise.all(tick())
  assert.deepEqual(asked, [BOX])
  assert.deepEqual(answers, [[ANSWER, false]])
})

test("an answer that is overtaken is dropped", async () => {
  const { framings, painted, waiting } = stage()
  const first = framings.settle()
  painted.box = { ...BOX, width: 9 }
  const second = framings.settle()
  waiting[1].resolve(ANSWER)
  await second
  waiting[0].resolve({ whole: "stale" })
  await first
  assert.equal(framings.answer, ANSWER)
})

test("without an answer there is only the whole, and it is asked for again", async () => {
  const { framings, waiting, asked, answers } = stage()
  const failing = framings.settle()
  waiting[0].reject(new TypeError("Failed to fetch"))
  await failing
  assert.deepEqual(answers, [[null, true]])
  const again = framings.settle()
  waiting[1].resolve(ANSWER)
  await again
  assert.equal(asked.length, 2)
  assert.equal(framings.answer, ANSWER)
})

test("where nothing is painted any more nothing is asked", async () => {
  const { framings, painted, waiting, asked } = stage()
  const settled = framings.settle()
  waiting[0].resolve(ANSWER)
  await settled
  painted.box = null
  await framings.settle()
  assert.deepEqual([asked.length, framings.answer], [1, null])
})

test("detail is named where there is more of it", () => {
  assert.equal(detailOf(ANSWER), "2.3")
  assert.equal(detailOf({ whole: { scale: 1 }, precise: { scale: 1.02 } }), "")
})

test("a person is asked about a mask that is full or next to nothing", () => {
  assert.equal(questionOf(1000, 1000, 0.0005), "all")
  assert.equal(questionOf(499, 1_000_000, 0.0005), "tiny")
  assert.equal(questionOf(500, 1_000_000, 0.0005), "")
})
