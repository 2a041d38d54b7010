import assert from "node:assert/strict"
import { test } from "node:test"

import { OwnStorage, claim } from "../../static/js/helpers/person.js"

class MemoryStorage {
  items = new Map()
  getItem = key => this.items.get(key) ?? null
  setItem = (key, value) => void this.items.set(key, value)
  removeItem = key => void this.items.delete(key)
  clear = () => this.items.clear()
}

const ofPerson = (storage, owner, here = owner) => new OwnStorage(() => storage, { owner, here: () => here })

test("what is kept for one person is not found by another", () => {
  const storage = new MemoryStorage()
  ofPerson(storage, "ben").setItem("easel:prompts", "a secret harbour")
  assert.equal(ofPerson(storage, "ben").getItem("easel:prompts"), "a secret harbour")
  assert.equal(ofPerson(storage, "cleo").getItem("easel:prompts"), null)
})

test("a page that is still open when another has signed in writes nothing any more", () => {
  const storage = new MemoryStorage()
  ofPerson(storage, "ben", "cleo").setItem("easel:prompts", "a secret harbour")
  assert.equal(storage.items.size, 0)
})

test("another person finds an empty storage, the same person theirs, and nobody changes it", () => {
  const storage = new MemoryStorage()
  storage.setItem("easel:draft", "left by an earlier version")
  claim(storage, "ben")
  assert.deepEqual([...storage.items.keys()], ["easel:person"])
  ofPerson(storage, "ben").setItem("easel:prompts", "mine")
  claim(storage, "")
  claim(storage, "ben")
  assert.equal(storage.items.size, 2)
  claim(storage, "cleo")
  assert.deepEqual([...storage.items], [["easel:person", "cleo"]])
})
