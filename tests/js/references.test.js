import assert from "node:assert/strict"
import { test } from "node:test"

import { addPictures, pictureIdsIn, movePicture, parsePictures } from "../../static/js/helpers/references.js"

const pictures = (...ids) => ids.map(id => ({ id: `${id}`, thumbnail: `/media/${id}/512.webp` }))

test("a picture is a reference once", () => {
  assert.deepEqual(addPictures(pictures(1, 2), pictures(2, 3, 3), 16), { list: pictures(1, 2, 3), isFull: false })
})

test("what has no room stays out and that is said", () => {
  assert.deepEqual(addPictures(pictures(1, 2), pictures(3, 4), 3), { list: pictures(1, 2, 3), isFull: true })
})

test("a picture moves to a place and never out of the list", () => {
  assert.deepEqual(movePicture(pictures(1, 2, 3), 2, 0), pictures(3, 1, 2))
  assert.deepEqual(movePicture(pictures(1, 2, 3), 0, 9), pictures(2, 3, 1))
  assert.deepEqual(movePicture(pictures(1, 2, 3), 0, -1), pictures(1, 2, 3))
})

test("links to pictures give their numbers, others nothing", () => {
  assert.deepEqual(pictureIdsIn("http://studio/pictures/12/\r\nhttp://studio/gallery/\nhttp://studio/pictures/x/"), ["12"])
})

test("numbers in a text may say what their pictures count as", () => {
  assert.deepEqual(parsePictures(" 12:1024  13 "), [
    { id: "12", thumbnail: "/media/12/512.webp", tokens: "1024" },
    { id: "13", thumbnail: "/media/13/512.webp", tokens: undefined },
  ])
})
