import assert from "node:assert/strict"
import { test } from "node:test"

import { added, linked, moved, named, recall, remember } from "../../static/js/helpers/references.js"

const pictures = (...ids) => ids.map(id => ({ id: `${id}`, thumbnail: `/media/${id}/512.webp` }))

test("a picture is a reference once", () => {
  assert.deepEqual(added(pictures(1, 2), pictures(2, 3, 3), 16), { list: pictures(1, 2, 3), isFull: false })
})

test("what has no room stays out and that is said", () => {
  assert.deepEqual(added(pictures(1, 2), pictures(3, 4), 3), { list: pictures(1, 2, 3), isFull: true })
})

test("a picture moves to a place and never out of the list", () => {
  assert.deepEqual(moved(pictures(1, 2, 3), 2, 0), pictures(3, 1, 2))
  assert.deepEqual(moved(pictures(1, 2, 3), 0, 9), pictures(2, 3, 1))
  assert.deepEqual(moved(pictures(1, 2, 3), 0, -1), pictures(1, 2, 3))
})

test("links to pictures give their numbers, others nothing", () => {
  assert.deepEqual(linked("http://studio/pictures/12/\r\nhttp://studio/gallery/\nhttp://studio/pictures/x/"), ["12"])
})

test("what was kept is found again, and nonsense is nothing", () => {
  const kept = new Map()
  const storage = { getItem: key => kept.get(key) ?? null, setItem: (key, value) => kept.set(key, value) }
  remember(storage, pictures(1, 2))
  assert.deepEqual(recall(storage), pictures(1, 2))
  for (const text of ["", "{}", "[1]", "[null]", '[{"id": "x"}]', '[{"id": "1", "thumbnail": "//elsewhere"}]']) {
    kept.set("easel:references", text)
    assert.deepEqual(recall(storage), [])
  }
})

test("numbers in a text may say what their pictures count as", () => {
  assert.deepEqual(named(" 12:1024  13 "), [
    { id: "12", thumbnail: "/media/12/512.webp", tokens: "1024" },
    { id: "13", thumbnail: "/media/13/512.webp", tokens: undefined },
  ])
})
