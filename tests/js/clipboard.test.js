import assert from "node:assert/strict"
import test from "node:test"

import { filesMeant } from "../../static/js/helpers/clipboard.js"

function clipboard(text, ...names) {
  return { files: names.map(name => ({ name })), getData: type => (type === "text/plain" ? text : "") }
}

const count = (text, ...names) => filesMeant(clipboard(text, ...names)).length

test("a file that was copied in a file manager is meant, though its name comes along as text", () => {
  assert.equal(count("", "image.png"), 1)
  assert.equal(count("IMG_1.png", "IMG_1.png"), 1)
  assert.equal(count("a.png\rb.jpg", "a.png", "b.jpg"), 2)
  assert.equal(count("/home/ada/Bilder/a.png\n/home/ada/b.jpg\n", "a.png", "b.jpg"), 2)
  assert.equal(count("C:\\Users\\ada\\a.png", "a.png"), 1)
  assert.equal(count("file:///Users/ada/a%20b.png", "a b.png"), 1)
  assert.equal(count("cafe\u0301.png", "caf\u00e9.png"), 1)
  assert.equal(count("photo", "photo.heic"), 1)
})

test("text that comes with a picture of itself is meant as text", () => {
  assert.equal(count("Quarter\t4\n", "image.png"), 0)
  assert.equal(count("a.png and some words", "a.png"), 0)
  assert.equal(count("a.png\nQuarter 4", "a.png"), 0)
  assert.equal(count("words alone"), 0)
  assert.equal(filesMeant(null).length, 0)
})
