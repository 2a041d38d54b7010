import assert from "node:assert/strict"
import { test } from "node:test"

import { Draft, Walk } from "../../static/js/helpers/draft.js"

class Shelf {
  #items = new Map()

  getItem(key) {
    return this.#items.get(key) ?? null
  }

  setItem(key, value) {
    this.#items.set(key, value)
  }
}

test("a draft is found again", () => {
  const shelf = new Shelf()
  new Draft(shelf).save({ prompt: "a boat" })
  assert.deepEqual(new Draft(shelf).load(), { prompt: "a boat" })
})

test("a broken or forbidden storage loses the draft and nothing else", () => {
  const forbidden = { getItem: () => { throw new Error("no") }, setItem: () => { throw new Error("no") } }
  const draft = new Draft(forbidden)
  draft.save({ prompt: "a boat" })
  assert.equal(draft.load(), null)
  assert.deepEqual(new Draft({ getItem: () => "{half", setItem() {} }).prompts, [])
})

test("the same prompt is remembered once, newest first, and not for ever", () => {
  const draft = new Draft(new Shelf())
  for (let number = 0; number < 60; number += 1) draft.remember(`prompt ${number}`)
  draft.remember("prompt 30")
  assert.equal(draft.prompts.length, 50)
  assert.equal(draft.prompts[0], "prompt 30")
  assert.equal(draft.prompts.filter(prompt => prompt === "prompt 30").length, 1)
})

test("a walk through earlier prompts comes back to what was being typed", () => {
  const walk = new Walk()
  const prompts = ["newest", "older"]
  assert.equal(walk.go(1, prompts, "half typed"), "newest")
  assert.equal(walk.go(1, prompts, "newest"), "older")
  assert.equal(walk.go(1, prompts, "older"), "older")
  assert.equal(walk.go(-1, prompts, "older"), "newest")
  assert.equal(walk.go(-1, prompts, "newest"), "half typed")
})

test("a walk without earlier prompts leaves the text alone", () => {
  assert.equal(new Walk().go(1, [], "half typed"), "half typed")
})
