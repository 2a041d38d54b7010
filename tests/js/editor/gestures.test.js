import assert from "node:assert/strict"
import test from "node:test"

import { Cursor } from "../../../static/js/editor/cursor.js"
import { commandOf, heldCommandOf } from "../../../static/js/editor/keys.js"
import { Mask } from "../../../static/js/editor/mask.js"
import { pathOf } from "../../../static/js/editor/outlines.js"
import { Pointers } from "../../../static/js/editor/pointers.js"
import { Preferences } from "../../../static/js/editor/preferences.js"
import { View } from "../../../static/js/editor/view.js"
import { wheelActs } from "../../../static/js/editor/wheel.js"
import { describeShare } from "../../../static/js/editor/painted-share.js"
import { Workbench } from "../../../static/js/editor/workbench.js"

const pressed = (key, more = {}) => ({ key, ctrlKey: false, metaKey: false, shiftKey: false, altKey: false, ...more })

function recorded() {
  const told = []
  const tell = name => (...details) => { told.push([name, ...details]) }
  const pointers = new Pointers(Object.fromEntries(["begin", "extend", "end", "cancel", "pan", "pinch"].map(name => [name, tell(name)])))
  return { pointers, told, names: () => told.map(([name]) => name) }
}

const mouse = (x, y, button = 0) => ({ id: 1, type: "mouse", button, x, y })
const finger = (id, x, y) => ({ id, type: "touch", button: 0, x, y })
const pen = (x, y, button = 0) => ({ id: 9, type: "pen", button, x, y })

test("a second finger takes the begun stroke back and pinches", () => {
  const { pointers, told, names } = recorded()
  pointers.down(finger(1, 100, 100))
  pointers.move(finger(1, 110, 100))
  pointers.down(finger(2, 210, 100))
  pointers.move(finger(2, 310, 100))
  pointers.up(finger(1, 110, 100))
  pointers.move(finger(2, 400, 100))
  pointers.up(finger(2, 400, 100))
  assert.deepEqual(names(), ["begin", "extend", "cancel", "pinch"])
  assert.deepEqual(told[3], ["pinch", 2, { x: 210, y: 100 }, 50, 0])
  pointers.down(finger(3, 5, 5))
  assert.equal(names().at(-1), "begin")
})

test("fingers are ignored while a pen is down, and a pen takes over from a resting hand", () => {
  const { pointers, names } = recorded()
  pointers.down(finger(1, 0, 0))
  pointers.down(pen(50, 50))
  pointers.down(finger(2, 10, 10))
  pointers.move(finger(2, 90, 90))
  pointers.move(pen(60, 60))
  pointers.up(finger(2, 90, 90))
  pointers.up(pen(60, 60))
  assert.deepEqual(names(), ["begin", "cancel", "begin", "extend", "end"])
})

test("the right button and a pen's other end erase, the middle button pans", () => {
  const { pointers, told, names } = recorded()
  pointers.down(mouse(1, 1, 2))
  pointers.up(mouse(1, 1, 2))
  pointers.down(pen(1, 1, 5))
  pointers.up(pen(1, 1, 5))
  pointers.down(mouse(1, 1, 1))
  pointers.move(mouse(4, 6, -1))
  pointers.up(mouse(4, 6, 1))
  assert.deepEqual(names(), ["begin", "end", "begin", "end", "pan"])
  assert.deepEqual([told[0][2], told[2][2], told[4]], [true, true, ["pan", 3, 5]])
})

test("a pen's or a mouse's stroke that the system takes away stays as it is", () => {
  for (const pointer of [pen, mouse]) {
    const { pointers, names } = recorded()
    pointers.down(pointer(1, 1))
    pointers.move(pointer(2, 2))
    pointers.lost(pointer(2, 2))
    pointers.up(pointer(2, 2))
    assert.deepEqual(names(), ["begin", "extend", "end"])
  }
})

test("a finger's stroke that is taken away stays too, but a touch that went nowhere does not", () => {
  const drawn = recorded()
  drawn.pointers.down(finger(1, 1, 1))
  drawn.pointers.move(finger(1, 90, 1))
  drawn.pointers.lost(finger(1, 90, 1))
  assert.deepEqual(drawn.names(), ["begin", "extend", "end"])
  const rested = recorded()
  rested.pointers.down(finger(1, 1, 1))
  rested.pointers.lost(finger(1, 1, 1))
  assert.deepEqual(rested.names(), ["begin", "cancel"])
})

test("a second finger in the middle of a long stroke leaves the stroke and pinches", () => {
  const { pointers, names } = recorded()
  pointers.down(finger(1, 100, 100))
  pointers.move(finger(1, 300, 100))
  pointers.down(finger(2, 310, 200))
  pointers.move(finger(2, 310, 300))
  assert.deepEqual(names(), ["begin", "extend", "end", "pinch"])
})

test("whoever looks at another window finds the stroke as far as it went", () => {
  const { pointers, names } = recorded()
  pointers.down(mouse(1, 1))
  pointers.move(mouse(9, 9))
  pointers.release()
  pointers.move(mouse(50, 50))
  pointers.down(mouse(60, 60))
  assert.deepEqual(names(), ["begin", "extend", "end", "begin"])
})

test("a finger moves the picture where fingers do not paint, and two still pinch", () => {
  const { pointers, told, names } = recorded()
  pointers.fingerPaints = () => false
  pointers.down(finger(1, 10, 10))
  pointers.move(finger(1, 30, 15))
  pointers.down(finger(2, 60, 15))
  pointers.move(finger(2, 90, 15))
  assert.deepEqual(names(), ["pan", "pinch"])
  assert.deepEqual(told[0], ["pan", 20, 5])
})

test("a finger beside a mouse that paints does nothing", () => {
  const { pointers, names } = recorded()
  pointers.down(mouse(1, 1))
  pointers.down(finger(3, 200, 200))
  pointers.move(finger(3, 300, 300))
  pointers.up(finger(3, 300, 300))
  pointers.up(mouse(1, 1))
  assert.deepEqual(names(), ["begin", "end"])
})

test("from the first pen on fingers do not paint, until somebody says they do", () => {
  const items = new Map()
  const storage = { getItem: key => items.get(key) ?? null, setItem: (key, value) => items.set(key, value) }
  const preferences = new Preferences(storage)
  assert.equal(preferences.values.fingerPaints, true)
  assert.equal(preferences.meetPen(), true)
  assert.equal(new Preferences(storage).values.fingerPaints, false)
  preferences.set("fingerPaints", true)
  assert.equal(preferences.meetPen(), false)
  assert.equal(new Preferences(storage).values.fingerPaints, true)
})

function bench(width = 100, height = 80) {
  const mask = new Mask(width, height)
  const workbench = new Workbench(mask)
  return { mask, workbench, at: (x, y) => mask.surface.pixels[y * width + x] }
}

test("Shift-click draws a straight line from where the last stroke ended", () => {
  const { mask, workbench, at } = bench()
  workbench.size = 4
  workbench.begin({ x: 10, y: 10 })
  workbench.end()
  workbench.begin({ x: 90, y: 10 }, { isStraight: true })
  workbench.end()
  assert.equal(at(50, 10), 1)
  assert.equal(mask.history.undoCount, 2)
  mask.undo()
  assert.equal(at(50, 10), 0)
  assert.equal(at(10, 10), 1)
})

test("every tool erases with the right button", () => {
  const { mask, workbench, at } = bench()
  for (const tool of ["brush", "rectangle", "ellipse", "lasso"]) {
    workbench.whole("fill")
    workbench.choose(tool)
    workbench.begin({ x: 10, y: 10 }, { isErasing: true })
    workbench.extend([{ x: 60, y: 10 }, { x: 60, y: 60 }])
    workbench.end()
    assert.ok(mask.share < 1, tool)
    assert.equal(at(90, 70), 1, tool)
  }
})

test("Shift keeps a rectangle square", () => {
  const { mask, workbench } = bench()
  workbench.choose("rectangle")
  workbench.begin({ x: 10, y: 10 })
  workbench.extend([{ x: 40, y: 20 }], { isSquare: true })
  workbench.end()
  assert.equal(mask.surface.count, 900)
})

test("a polygon grows by clicks and is one step when it closes; Escape takes it back", () => {
  const { mask, workbench } = bench()
  workbench.choose("polygon")
  const click = (x, y) => { workbench.begin({ x, y }); workbench.end() }
  for (const corner of [[10, 10], [50, 10], [50, 50]]) click(...corner)
  assert.equal(mask.surface.count, 0)
  workbench.close()
  assert.ok(mask.surface.count > 700)
  assert.equal(mask.history.undoCount, 1)
  click(1, 1)
  workbench.cancel()
  workbench.close()
  assert.equal(mask.history.undoCount, 1)
})

function polygonOf(corners) {
  const made = bench()
  made.workbench.choose("polygon")
  for (const [x, y] of corners) {
    made.workbench.begin({ x, y })
    made.workbench.end()
  }
  return made
}

const TRIANGLE = [[10, 10], [50, 10], [50, 50]]

test("an unfinished polygon is painted when another tool is taken", () => {
  for (const tool of ["brush", "eraser", "rectangle", "ellipse", "lasso"]) {
    const { mask, workbench } = polygonOf(TRIANGLE)
    workbench.choose(tool)
    assert.ok(mask.surface.count > 700, tool)
    assert.equal(mask.history.undoCount, 1, tool)
  }
})

test("panning in between leaves a polygon as it is, and what has too few corners waits for its tool", () => {
  const moved = polygonOf(TRIANGLE)
  moved.workbench.choose("pan")
  assert.equal(moved.workbench.outline.points.length, 3)
  moved.workbench.choose("polygon")
  moved.workbench.close()
  assert.ok(moved.mask.surface.count > 700)
  const { mask, workbench } = polygonOf(TRIANGLE.slice(0, 2))
  workbench.choose("brush")
  workbench.begin({ x: 80, y: 70 })
  workbench.end()
  assert.equal(workbench.outline.points.length, 2)
  workbench.choose("polygon")
  workbench.begin({ x: 50, y: 50 })
  workbench.close()
  assert.equal(mask.history.undoCount, 2)
})

test("filling, inverting or sending closes a polygon first, and undo brings it back", () => {
  for (const kind of ["fill", "invert", "clear"]) {
    const { mask, workbench } = polygonOf(TRIANGLE)
    workbench.whole(kind)
    workbench.undo()
    assert.ok(mask.surface.count > 700, kind)
  }
  const { mask, workbench } = polygonOf(TRIANGLE)
  workbench.settle()
  assert.ok(mask.surface.count > 700)
})

test("undo and a touch that is taken back cost a polygon one corner, not all of them", () => {
  const { mask, workbench } = polygonOf([...TRIANGLE, [10, 50]])
  assert.ok(workbench.canUndo)
  workbench.undo()
  workbench.begin({ x: 90, y: 70 })
  workbench.takeBack()
  assert.deepEqual(workbench.draft.points, TRIANGLE.map(([x, y]) => ({ x, y })))
  workbench.close()
  assert.equal(mask.history.undoCount, 1)
})

test("a double click before there are three corners leaves them", () => {
  const { workbench } = polygonOf([[10, 10], [50, 10], [50, 10]])
  workbench.close()
  assert.equal(workbench.draft.points.length, 2)
})

test("an unfinished polygon is part of the draft", () => {
  const row = JSON.parse(JSON.stringify(polygonOf(TRIANGLE).workbench.unfinished))
  const { mask, workbench } = bench()
  workbench.unfinished = row
  assert.equal(workbench.tool, "polygon")
  workbench.begin({ x: 10, y: 50 })
  workbench.close()
  assert.equal(mask.surface.count, 1600)
  assert.equal(bench().workbench.unfinished, null)
})

test("a shape or stroke under way is finished by the next tool", () => {
  const { mask, workbench } = bench()
  workbench.choose("rectangle")
  workbench.begin({ x: 10, y: 10 })
  workbench.extend([{ x: 40, y: 40 }])
  workbench.choose("brush")
  assert.equal(mask.surface.count, 900)
  workbench.begin({ x: 80, y: 60 })
  workbench.choose("lasso")
  assert.equal(mask.history.undoCount, 2)
})

test("X swaps brush and eraser and the size goes from 1 to 512 by sensible steps", () => {
  const { workbench } = bench()
  workbench.swap()
  assert.equal(workbench.tool, "eraser")
  workbench.swap()
  assert.equal(workbench.tool, "brush")
  workbench.size = 1
  workbench.resize(1)
  assert.equal(workbench.size, 2)
  for (let step = 0; step < 100; step += 1) workbench.resize(1)
  assert.equal(workbench.size, 512)
  workbench.size = "nonsense"
  assert.equal(workbench.size, 1)
})

test("pressure makes a stroke thinner where it is light, only when it is wanted", () => {
  const { mask, workbench } = bench()
  const paint = () => {
    workbench.begin({ x: 10, y: 40, pressure: 0.1 })
    workbench.extend([{ x: 90, y: 40, pressure: 1 }])
    workbench.end()
    return mask.surface.count
  }
  workbench.size = 20
  const full = paint()
  workbench.whole("clear")
  workbench.hasPressure = true
  assert.ok(paint() < 0.75 * full)
})

test("arrows and Enter paint a stroke without a mouse", () => {
  const { mask, workbench, at } = bench()
  const view = View.fit({ width: 100, height: 80 }, { width: 400, height: 320 })
  const cursor = new Cursor(workbench)
  workbench.size = 6
  cursor.move("ArrowLeft", view, { isFine: true })
  assert.deepEqual(cursor.point, { x: 49, y: 40 })
  cursor.press(view)
  for (let step = 0; step < 20; step += 1) cursor.move("ArrowRight", view, { isFine: true })
  cursor.press(view)
  cursor.move("ArrowDown", view)
  assert.equal(mask.history.undoCount, 1)
  assert.deepEqual([at(48, 40), at(68, 40), at(75, 40), at(60, 46)], [1, 1, 0, 0])
})

test("Enter sets a polygon's corners at the keyboard cursor and closes it on the last one", () => {
  const { mask, workbench } = bench()
  const view = View.fit({ width: 100, height: 80 }, { width: 400, height: 320 })
  const cursor = new Cursor(workbench)
  workbench.choose("polygon")
  cursor.press(view)
  for (const key of ["ArrowRight", "ArrowDown"]) {
    for (let step = 0; step < 6; step += 1) cursor.move(key, view)
    cursor.press(view)
  }
  cursor.press(view)
  assert.equal(mask.history.undoCount, 1)
  assert.ok(mask.surface.count > 50)
})

test("the keyboard cursor stays inside the picture", () => {
  const { workbench } = bench()
  const view = View.fit({ width: 100, height: 80 }, { width: 400, height: 320 })
  const cursor = new Cursor(workbench)
  for (let step = 0; step < 99; step += 1) cursor.move("ArrowLeft", view)
  assert.equal(cursor.point.x, 0)
})

test("keys mean what the sheet says, and letters nothing when shortcuts are off", () => {
  const key = pressed
  assert.equal(commandOf(key("b")), "tool:brush")
  assert.equal(commandOf(key("Z", { ctrlKey: true, shiftKey: true })), "redo")
  assert.equal(commandOf(key("z", { metaKey: true })), "undo")
  assert.equal(commandOf(key("y", { ctrlKey: true })), "redo")
  assert.equal(commandOf(key("Enter", { ctrlKey: true })), "apply")
  assert.equal(commandOf(key("r", { ctrlKey: true })), null)
  assert.equal(commandOf(key("ArrowUp")), "move")
  assert.equal(commandOf(key("\\")), "overlay")
  assert.equal(commandOf(key("?", { shiftKey: true })), "keys")
  for (const letter of "beroph01[]\\?qx ") assert.equal(commandOf(key(letter), { hasShortcuts: false }), null)
  assert.equal(commandOf(key("Enter"), { hasShortcuts: false }), "press")
  assert.equal(commandOf(key("i", { ctrlKey: true }), { hasShortcuts: false }), "invert")
})

test("under a Russian layout or a Chinese input method the keys are where they are on an English keyboard", () => {
  const at = (key, code, more = {}) => commandOf(pressed(key, { code, ...more }))
  const ctrl = { ctrlKey: true }
  assert.equal(at("я", "KeyZ", ctrl), "undo")
  assert.equal(at("Я", "KeyZ", { ctrlKey: true, shiftKey: true }), "redo")
  assert.equal(at("ш", "KeyB", { metaKey: true }), null)
  assert.equal(at("и", "KeyB"), "tool:brush")
  assert.equal(at("х", "BracketLeft"), "smaller")
  assert.equal(at("Process", "KeyB"), "tool:brush")
  assert.equal(at("Process", "Enter"), "press")
  assert.equal(at("Process", "ArrowUp"), "move")
  assert.equal(at("Unidentified", "Space"), "hand")
  assert.equal(at("/", "KeyQ"), "original") // Hebrew
  assert.equal(at("à", "Digit0"), "fit") // French
  assert.equal(at("&", "Digit1"), "actual")
  assert.equal(at("ı", "KeyI", ctrl), "invert") // Turkish
  assert.equal(at("ü", "BracketLeft"), null) // German, a letter of its own
  assert.equal(at("!", "Digit1", { shiftKey: true }), null)
  assert.equal(at("z", "KeyY", ctrl), "undo") // German: what is written counts
  assert.equal(heldCommandOf({ key: "й", code: "KeyQ" }), "original")
})

test("signs that are written with AltGr or Option are keys too", () => {
  const altGr = { ctrlKey: true, altKey: true, getModifierState: name => name === "AltGraph" }
  assert.equal(commandOf(pressed("[", { code: "Digit8", ...altGr })), "smaller")
  assert.equal(commandOf(pressed("@", { code: "KeyQ", ...altGr })), null)
  assert.equal(commandOf(pressed("]", { code: "Digit6", altKey: true })), "larger")
  assert.equal(commandOf(pressed("∫", { code: "KeyB", altKey: true })), null)
})

test("the wheel pans, with Ctrl it zooms, with Alt it changes the brush; somebody may want it the other way", () => {
  const wheel = more => ({ deltaX: 0, deltaY: 0, deltaMode: 0, ctrlKey: false, metaKey: false, altKey: false, shiftKey: false, ...more })
  assert.deepEqual(wheelActs(wheel({ deltaX: 10, deltaY: 100 })), { pan: [-10, -100] })
  assert.deepEqual(wheelActs(wheel({ deltaY: 3, deltaMode: 1 })), { pan: [-0, -72] })
  assert.deepEqual(wheelActs(wheel({ deltaY: 100, shiftKey: true })), { pan: [-100, 0] })
  assert.ok(wheelActs(wheel({ deltaY: -100, ctrlKey: true })).zoom > 1)
  assert.ok(wheelActs(wheel({ deltaY: 100, metaKey: true })).zoom < 1)
  assert.ok(wheelActs(wheel({ deltaY: -100 }), true).zoom > 1)
  assert.deepEqual(wheelActs(wheel({ deltaX: -100, altKey: true })), { resize: 1 })
})

test("a shape being drawn is seen where it will be", () => {
  const view = View.fit({ width: 100, height: 80 }, { width: 400, height: 320 }).zoomTo(2)
  const [a, b] = [view.toStage({ x: 10, y: 20 }), view.toStage({ x: 30, y: 60 })]
  const points = [{ x: 10, y: 20 }, { x: 30, y: 60 }]
  assert.equal(pathOf(null, view), "")
  assert.equal(pathOf({ kind: "rectangle", points }, view), `M${a.x.toFixed(1)} ${a.y.toFixed(1)}H${b.x.toFixed(1)}V${b.y.toFixed(1)}H${a.x.toFixed(1)}Z`)
  assert.match(pathOf({ kind: "ellipse", points }, view), /^M.*A20\.0 40\.0 .*A20\.0 40\.0 .*Z$/)
  assert.equal(pathOf({ kind: "polygon", points, hover: { x: 0, y: 0 } }, view).split("L").length, 3)
})

test("the share is said in words that are never wrong about nothing and everything", () => {
  assert.deepEqual(describeShare(0, 1000), { name: "none" })
  assert.deepEqual(describeShare(9, 1000), { name: "little" })
  assert.deepEqual(describeShare(124, 1000), { name: "some", share: 12 })
  assert.deepEqual(describeShare(999, 1000), { name: "some", share: 99 })
  assert.deepEqual(describeShare(1000, 1000), { name: "all" })
})

test("preferences stay, and a broken or forbidden storage costs nothing but them", () => {
  const items = new Map()
  const storage = { getItem: key => items.get(key) ?? null, setItem: (key, value) => items.set(key, value) }
  new Preferences(storage).set("opacity", 70)
  assert.equal(new Preferences(storage).values.opacity, 70)
  const forbidden = { getItem: () => { throw new Error("no") }, setItem: () => { throw new Error("no") } }
  const preferences = new Preferences(forbidden)
  preferences.set("wheelZooms", true)
  assert.equal(preferences.values.wheelZooms, true)
})
