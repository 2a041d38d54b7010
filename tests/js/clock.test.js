import assert from "node:assert/strict"
import { test } from "node:test"

import { formatDuration, progressShare } from "../../static/js/helpers/clock.js"

test("a clock counts minutes and seconds, and hours from an hour on", () => {
  assert.equal(formatDuration(0), "0:00")
  assert.equal(formatDuration(59.9), "0:59")
  assert.equal(formatDuration(83), "1:23")
  assert.equal(formatDuration(3723), "1:02:03")
})

test("progress is true at first, never goes back and is never full before the picture is there", () => {
  assert.equal(progressShare(20, 40), 0.5)
  let last = 0
  for (let seconds = 0; seconds < 1000; seconds += 1) {
    const now = progressShare(seconds, 40)
    assert.ok(now >= last && now < 1)
    last = now
  }
})

test("without an expected time there is no progress", () => {
  assert.equal(progressShare(20, 0), 0)
  assert.equal(progressShare(20, NaN), 0)
})
