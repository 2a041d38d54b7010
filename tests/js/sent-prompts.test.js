import assert from "node:assert/strict"
import { test } from "node:test"

import { PromptHistory, SentPrompts } from "../../static/js/helpers/sent-prompts.js"

class MemoryStorage {
  #items = new Map()

  getItem(key) {
    return this.#items.get(key) ?? null
  }

  setItem(key, value) {
    this.#items.set(key, value)
  }
}

test("a broken or forbidden storage loses the prompts and nothing else", () => {
  const forbidden = { getItem: () => { throw new Error("no") }, setItem: () => { throw new Error("no") } }
  const prompts = new SentPrompts(forbidden)
  prompts.remember("a boat")
  assert.deepEqual(prompts.all, [])
  assert.deepEqual(new SentPrompts({ getItem: () => "{half", setItem() {} }).all, [])
})

test("the same prompt is remembered once, newest first, and not for ever", () => {
  const sent = new SentPrompts(new MemoryStorage())
  for (let number = 0; number < 60; number += 1) sent.remember(`prompt ${number}`)
  sent.remember("prompt 30")
  assert.equal(sent.all.length, 50)
  assert.equal(sent.all[0], "prompt 30")
  assert.equal(sent.all.filter(prompt => prompt === "prompt 30").length, 1)
})

test("the way through earlier prompts leads back to what was being typed", () => {
  const history = new PromptHistory()
  const prompts = ["newest", "older"]
  assert.equal(history.move(1, prompts, "half typed"), "newest")
  assert.equal(history.move(1, prompts, "newest"), "older")
  assert.equal(history.move(1, prompts, "older"), "older")
  assert.equal(history.move(-1, prompts, "older"), "newest")
  assert.equal(history.move(-1, prompts, "newest"), "half typed")
})

test("a history without prompts leaves the text alone", () => {
  assert.equal(new PromptHistory().move(1, [], "half typed"), "half typed")
})
