import assert from "node:assert/strict"
import test from "node:test"

import { isComposing, isTaken, keysOf } from "../../static/js/helpers/keyboard.js"

test("a Latin letter is what it writes, anything else also what stands at its place", () => {
  assert.deepEqual(keysOf({ key: "Z", code: "KeyY" }), ["z"])
  assert.deepEqual(keysOf({ key: "я", code: "KeyZ" }), ["я", "z"])
  assert.deepEqual(keysOf({ key: "Process", code: "Digit0" }), ["0"])
  assert.deepEqual(keysOf({ key: "Enter", code: "Enter" }), ["Enter"])
  assert.deepEqual(keysOf({ key: "+", code: "NumpadAdd" }), ["+"])
  assert.deepEqual(keysOf({ key: "Dead", code: "" }), [])
})

test("a key an input method writes with is nobody else's", () => {
  assert.equal(isComposing({ key: "Enter", isComposing: true }), true)
  assert.equal(isComposing({ key: "Enter", keyCode: 229 }), true) // Safari tells of it after the composition's end
  assert.equal(isComposing({ key: "Enter", keyCode: 13 }), false)
})

// A stand-in for an element: it matches the selectors that name its kind and its type.
function pressedIn(kind, key, more = {}) {
  const [, name, type] = /^(\w+)(?:=(\w+))?$/.exec(kind)
  const isNamed = part => {
    const [tag] = part.split(/[[:]/)
    if (tag !== name) return false
    if (part.includes(":not")) return !part.includes(`[type=${type}]`)
    const asked = /\[type=(\w+)\]/.exec(part)?.[1]
    return !asked || asked === type
  }
  return { key, target: { matches: selector => selector.split(/,(?![^(]*\))/).map(part => part.trim()).some(isNamed) }, ...more }
}

test("an element keeps the keys it needs itself and leaves the others", () => {
  for (const kind of ["textarea", "select", "input=text", "input=number"]) assert.equal(isTaken(pressedIn(kind, "b")), true, kind)
  for (const kind of ["button", "input=range", "input=radio", "input=checkbox", "div"]) assert.equal(isTaken(pressedIn(kind, "b")), false, kind)
  assert.equal(isTaken(pressedIn("input=range", "ArrowLeft")), true)
  assert.equal(isTaken(pressedIn("button", "ArrowLeft")), false)
  assert.equal(isTaken(pressedIn("button", "Enter")), true)
  assert.equal(isTaken(pressedIn("button", "Enter", { ctrlKey: true })), false)
  assert.equal(isTaken(pressedIn("div", "b", { isComposing: true })), true)
  assert.equal(isTaken(pressedIn("div", "b", { defaultPrevented: true })), true)
})
