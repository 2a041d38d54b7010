import assert from "node:assert/strict"
import { test } from "node:test"

import { ComposerDraft } from "../../static/js/helpers/composer-draft.js"

class MemoryStorage {
  items = new Map()
  getItem = key => this.items.get(key) ?? null
  setItem = (key, value) => void this.items.set(key, value)
  removeItem = key => void this.items.delete(key)
}

const BOAT = { values: { prompt: "a boat" }, references: [{ id: "7", thumbnail: "/media/7/512.webp", tokens: "99" }] }
const SHIP = { values: { prompt: "a ship" }, references: [] }

/** A draft whose timers only run when they are told to, and what its server was sent. */
function draftOf({ known = null, storage = new MemoryStorage(), answer = async () => ({ ok: true }) } = {}) {
  const sent = []
  const timers = { due: null, setTimeout: callback => (timers.due = callback), clearTimeout: () => (timers.due = null) }
  const send = async (url, { body }) => { sent.push(JSON.parse(body)); return answer() }
  return { draft: new ComposerDraft({ place: "create", url: "/drafts/create/", known, storage, send, timers }), sent, timers, storage }
}

test("what the server has is shown, until something newer waits in this browser", () => {
  const { draft, storage } = draftOf({ known: SHIP })
  assert.deepEqual(draft.load(), SHIP)
  draft.save(BOAT)
  assert.deepEqual(draftOf({ known: SHIP, storage }).draft.load(), BOAT)
})

test("a change is sent a moment later, with the numbers of its pictures, and then no longer kept here", async () => {
  const { draft, sent, timers, storage } = draftOf()
  draft.save(BOAT)
  assert.equal(storage.items.size, 1)
  await timers.due()
  assert.deepEqual(sent, [{ values: { prompt: "a boat" }, references: ["7"] }])
  assert.equal(storage.items.size, 0)
  assert.deepEqual(draft.load(), BOAT)
})

test("what has not changed is not sent again", () => {
  const { draft, timers } = draftOf({ known: BOAT })
  draft.save({ ...BOAT })
  assert.equal(timers.due, null)
})

test("what could not be sent stays here and is tried again", async () => {
  const { draft, timers, storage } = draftOf({ answer: async () => { throw new Error("offline") } })
  draft.save(BOAT)
  await timers.due()
  assert.equal(storage.items.size, 1)
  assert.notEqual(timers.due, null)
})

test("a browser whose page went too soon sends what waited when the next page opens", async () => {
  const storage = new MemoryStorage()
  draftOf({ storage }).draft.save(BOAT)
  const { draft, sent, timers } = draftOf({ storage })
  assert.deepEqual(draft.load(), BOAT)
  await timers.due()
  assert.equal(sent.length, 1)
})

test("nonsense in the browser is no draft", () => {
  for (const text of ["", "{}", "[1]", "[null]", '{"references": [{"id": "x"}]}', '{"references": [{"id": "1", "thumbnail": "//elsewhere"}]}']) {
    const storage = new MemoryStorage()
    storage.setItem("easel:unsaved:create", text)
    assert.deepEqual(draftOf({ storage }).draft.load()?.references ?? [], [])
  }
})

test("a full or forbidden storage stops nobody from typing", async () => {
  const refuses = () => { throw new Error("no") }
  const { draft, sent, timers } = draftOf({ storage: { getItem: refuses, setItem: refuses, removeItem: refuses } })
  draft.save(BOAT)
  await timers.due()
  assert.equal(sent.length, 1)
})
