import assert from "node:assert/strict"
import test from "node:test"

import { readPlace, withPlace } from "../../static/js/helpers/gallery-place.js"

const ADDRESS = "http://studio/gallery/?q=owls&starred=1"

test("an address with a place leads back to it, and keeps what was asked for", () => {
  const address = withPlace(ADDRESS, { at: "4-17", by: 80.6 })
  assert.deepEqual(readPlace(address), { at: "4-17", by: 81 })
  assert.equal(withPlace(address), ADDRESS)
})

test("the beginning needs no place", () => {
  assert.equal(withPlace(`${ADDRESS}&at=3&by=4&after=9`), ADDRESS)
  assert.deepEqual(readPlace(ADDRESS), { at: "", by: 0 })
})

test("nonsense is no place", () => {
  assert.deepEqual(readPlace("http://studio/gallery/?by=x"), { at: "", by: 0 })
})
