import assert from "node:assert/strict"
import { test } from "node:test"

import { progressIcon, Progress } from "../../static/js/helpers/progress.js"

test("progress is the share of this run that is done", () => {
  const progress = new Progress()
  assert.equal(progress.update(4), 0)
  assert.equal(progress.update(3), 0.25)
  assert.equal(progress.update(5), 1 / 6)
  assert.equal(progress.update(0), 1)
})

test("the icon is a picture without a script", () => {
  const svg = decodeURIComponent(progressIcon(0.5).split(",")[1])
  assert.match(svg, /^<svg /)
  assert.doesNotMatch(svg, /script/)
})
