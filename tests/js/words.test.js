import assert from "node:assert/strict"
import { test } from "node:test"

import { keepWords, keptWords } from "../../static/js/helpers/words.js"

class Shelf {
  items = new Map()

  getItem(key) {
    return this.items.get(key) ?? null
  }

  setItem(key, value) {
    this.items.set(key, value)
  }

  removeItem(key) {
    this.items.delete(key)
  }
}

test("words wait for their own thread, and for no other", () => {
  const shelf = new Shelf()
  keepWords(shelf, "12", "warmer light")
  keepWords(shelf, "new", "a red boat")
  assert.equal(keptWords(shelf, "12"), "warmer light")
  assert.equal(keptWords(shelf, "new"), "a red boat")
  assert.equal(keptWords(shelf, "13"), "")
})

test("words that were sent leave nothing behind", () => {
  const shelf = new Shelf()
  keepWords(shelf, "12", "warmer light")
  keepWords(shelf, "12", "")
  assert.equal(keptWords(shelf, "12"), "")
  assert.equal(shelf.items.size, 0)
})

test("a full or forbidden storage stops nobody from typing", () => {
  const refuses = () => { throw new Error("no") }
  const forbidden = { getItem: refuses, setItem: refuses, removeItem: refuses }
  keepWords(forbidden, "12", "warmer light")
  keepWords(forbidden, "12", "")
  assert.equal(keptWords(forbidden, "12"), "")
})
