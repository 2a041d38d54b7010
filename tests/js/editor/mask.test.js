import assert from "node:assert/strict"
import { createHash } from "node:crypto"
import test from "node:test"
import v8 from "node:v8"
import vm from "node:vm"

import { LIMIT } from "../../../static/js/editor/history.js"
import { Mask } from "../../../static/js/editor/mask.js"
import { pack } from "../../../static/js/editor/runs.js"
import { dice, randomOperation } from "./slow.mjs"

v8.setFlagsFromString("--expose-gc")
const collect = vm.runInNewContext("gc")

function digest(mask) {
  return createHash("sha1").update(mask.surface.pixels).digest("hex")
}

function bitmap(die, size) {
  return { kind: "bitmap", mode: "add", radius: 0, points: [], radii: null, pixels: pack(Uint8Array.from({ length: size }, () => die.whole(0, 1))) }
}

test("undo and redo give the same bits whatever was painted", () => {
  const die = dice(42)
  const mask = new Mask(611, 402)
  const seen = [digest(mask)]
  for (let round = 0; round < 90; round += 1) {
    mask.add(round % 13 === 5 ? bitmap(die, 611 * 402) : randomOperation(die, 611, 402))
    if (mask.history.undoCount === seen.length) seen.push(digest(mask))
  }
  assert.ok(seen.length > 80)
  let at = seen.length - 1
  for (let round = 0; round < 500; round += 1) {
    const isBack = die.next() < 0.55
    const moved = isBack ? mask.undo() : mask.redo()
    if (moved) at += isBack ? -1 : 1
    assert.equal(digest(mask), seen[at])
    assert.equal(mask.canUndo, at > 0)
    assert.equal(mask.canRedo, at < seen.length - 1)
  }
})

test("what was undone is forgotten once something new is painted", () => {
  const mask = new Mask(64, 64)
  mask.add({ kind: "fill", points: [] })
  mask.undo()
  mask.add({ kind: "invert", points: [] })
  assert.equal(mask.canRedo, false)
  assert.equal(mask.redo(), null)
})

test("a canceled stroke leaves no trace and no step", () => {
  const die = dice(8)
  const mask = new Mask(300, 300)
  mask.add(randomOperation(die, 300, 300, ["ellipse"]))
  const before = digest(mask)
  mask.begin("stroke", { radius: 400 })
  mask.extend([0, 0, 2400, 2400])
  mask.extend([100, 2000])
  assert.notEqual(digest(mask), before)
  mask.cancel()
  assert.equal(digest(mask), before)
  assert.equal(mask.history.undoCount, 1)
})

test("a stroke drawn piece by piece is the stroke drawn at once", () => {
  const points = Array.from({ length: 80 }, (_, at) => Math.round(1500 + 1400 * Math.sin(at * 1.7)))
  const [live, whole] = [new Mask(400, 400), new Mask(400, 400)]
  live.begin("stroke", { radius: 100 })
  for (let at = 0; at < points.length; at += 6) live.extend(points.slice(at, at + 6))
  live.end()
  whole.add({ kind: "stroke", mode: "add", radius: 100, points })
  assert.equal(digest(live), digest(whole))
  assert.equal(live.history.undoCount, 1)
})

test("a hundred steps and more at 4K stay below 64 MB, and all of them go back", () => {
  const die = dice(2160)
  const mask = new Mask(3840, 2160)
  collect()
  const before = occupied()
  const seen = [digest(mask)]
  while (mask.history.undoCount < 120) {
    mask.add(randomOperation(die, 3840, 2160))
    if (mask.history.undoCount === seen.length) seen.push(digest(mask))
  }
  collect()
  const grown = occupied() - before
  assert.ok(grown < LIMIT, `${(grown / 2 ** 20).toFixed(1)} MB`)
  assert.ok(mask.history.bytes < LIMIT)
  for (let step = 119; step >= 0; step -= 1) {
    assert.ok(mask.undo())
    if (step % 17 === 0) assert.equal(digest(mask), seen[step])
  }
  assert.equal(digest(mask), seen[0])
})

function occupied() {
  const { heapUsed, external } = process.memoryUsage()
  return heapUsed + external
}

test("when memory runs short the oldest steps are given up and the mask stays whole", () => {
  const die = dice(3)
  const mask = new Mask(512, 512, 400_000)
  for (let round = 0; round < 30; round += 1) mask.add(bitmap(die, 512 * 512))
  assert.ok(mask.history.bytes <= 400_000)
  assert.ok(mask.history.undoCount > 1 && mask.history.undoCount < 30)
  assert.equal(digest(Mask.from(JSON.parse(JSON.stringify(mask)), 512, 512)), digest(mask))
})

test("a draft read again is the same mask with the same steps to undo", () => {
  const die = dice(77)
  const mask = new Mask(500, 333)
  for (let round = 0; round < 60; round += 1) mask.add(round === 30 ? bitmap(die, 500 * 333) : randomOperation(die, 500, 333))
  for (let round = 0; round < 7; round += 1) mask.undo()
  const twin = Mask.from(JSON.parse(JSON.stringify(mask)), 500, 333)
  assert.equal(digest(twin), digest(mask))
  while (mask.undo()) {
    twin.undo()
    assert.equal(digest(twin), digest(mask))
  }
  assert.equal(twin.canUndo, false)
})

test("a draft longer than the history keeps its oldest strokes as pixels", () => {
  const die = dice(99)
  const mask = new Mask(320, 200)
  for (let round = 0; round < 300; round += 1) mask.add(randomOperation(die, 320, 200, ["stroke", "ellipse", "invert"]))
  assert.ok(mask.history.undoCount >= 100 && mask.history.undoCount <= 140)
  const draft = JSON.parse(JSON.stringify(mask))
  const twin = Mask.from(draft, 320, 200)
  assert.equal(digest(twin), digest(mask))
  assert.equal(digest(Mask.from(JSON.parse(JSON.stringify(twin)), 320, 200)), digest(mask))
})

test("saving in the middle of a stroke saves what was finished", () => {
  const die = dice(6)
  const mask = new Mask(200, 200)
  for (let round = 0; round < 150; round += 1) mask.add(randomOperation(die, 200, 200, ["stroke", "ellipse"]))
  const before = digest(mask)
  mask.begin("stroke", { radius: 300, mode: "subtract" })
  mask.extend([0, 0, 1600, 1600])
  assert.equal(digest(Mask.from(JSON.parse(JSON.stringify(mask)), 200, 200)), before)
})

test("a draft of another size or with broken rows is refused", () => {
  const draft = { width: 10, height: 10, base: null, operations: [] }
  const broken = [["magic"], null, ["stroke", "add", 8, "12"], ["stroke", "add", -1, [0, 0]], ["stroke", "add", 8, [0, 0.5]], ["ellipse", "add", 0, [0, 0]], ["bitmap", "AAU="], ["stroke", "add", 8, [0, 0], [1, 2]]]
  assert.ok(Mask.from(draft, 10, 10))
  assert.throws(() => Mask.from(draft, 10, 11), RangeError)
  for (const row of broken) assert.throws(() => Mask.from({ ...draft, operations: [row] }, 10, 10), RangeError, JSON.stringify(row))
})

test("the share is what part of the picture is painted", () => {
  const mask = new Mask(1000, 500)
  mask.add({ kind: "rectangle", mode: "add", points: [0, 0, 2000, 2000] })
  assert.equal(mask.share, (250 * 250) / 500000)
  mask.add({ kind: "invert", points: [] })
  assert.equal(mask.share, 1 - (250 * 250) / 500000)
  mask.undo()
  mask.undo()
  assert.equal(mask.share, 0)
})
