import assert from "node:assert/strict"
import { readFileSync } from "node:fs"
import { test } from "node:test"

import {
  cheaperTwin, isLarge, megapixels, nearestSize, presetSize, ratioLabel, reasonWords, sizeProblems, stepSize,
} from "../../static/js/helpers/sizes.js"
import { outputTokens } from "../../static/js/helpers/prices.js"

const rules = JSON.parse(readFileSync(new URL("rules.json", import.meta.url)))

/** The rules once more, the slow way. */
function isDrawn(width, height) {
  const [short, long] = [Math.min(width, height), Math.max(width, height)]
  const area = width * height
  return width % 16 === 0 && height % 16 === 0 && short > 0 && long <= 3840 && long <= 3 * short && area >= 655_360 && area <= 8_294_400
}

/** Numbers that are different each time yet the same in every run. */
function* numbers(seed) {
  for (;;) yield (seed = (seed * 48_271) % 2_147_483_647) / 2_147_483_647
}

const words = ({ reasons }) => reasons.map(reason => reasonWords(rules, reason))

test("a size has no problems exactly when the model draws it", () => {
  for (let width = 0; width <= 3900; width += 15) {
    for (let height = 0; height <= 3900; height += 16) {
      assert.equal(sizeProblems(rules, width, height).length === 0, isDrawn(width, height), `${width}x${height}`)
    }
  }
})

test("what is no whole number is no size", () => {
  for (const edge of [NaN, Infinity, 1024.5, -1024, 0, "1024", undefined]) {
    assert.deepEqual(sizeProblems(rules, edge, 1024), [{ code: "size_not_a_size", values: {} }])
  }
})

test("whatever is typed, the nearest size is one the model draws", () => {
  const typed = [NaN, Infinity, -Infinity, 0, -5, 1, 0.4, 1024.7, 1e9, 1e300, Number.MAX_SAFE_INTEGER, 640, 3840]
  for (const width of typed) {
    for (const height of typed) {
      const { size } = nearestSize(rules, width, height)
      assert.ok(isDrawn(size.width, size.height), `${width}x${height}`)
    }
  }
})

test("the nearest size says in words what it changed", () => {
  assert.deepEqual(words(nearestSize(rules, 1920, 1080)), ["1080 is not a multiple of 16 → 1088"])
  assert.deepEqual(words(nearestSize(rules, 5000, 4000)), ["5000×4000 is larger than the model draws → 3216×2576"])
  assert.deepEqual(words(nearestSize(rules, 1536, 1024)), [])
})

test("no walk by steps leaves the sizes the model draws", () => {
  const chance = numbers(7)
  let size = { width: 1024, height: 1024 }
  for (let walked = 0; walked < 20_000; walked += 1) {
    const [axis, delta] = [chance.next().value < 0.5 ? "width" : "height", Math.round(chance.next().value * 40 - 20)]
    const next = stepSize(rules, size.width, size.height, axis, delta)
    const other = axis === "width" ? "height" : "width"
    assert.ok(isDrawn(next.width, next.height), `${next.width}x${next.height}`)
    assert.equal(next[other], size[other])
    assert.ok((next[axis] - size[axis]) * delta >= 0)
    size = next
  }
})

test("a step moves one edge by one multiple, and stops at a limit", () => {
  assert.deepEqual(stepSize(rules, 1024, 1024, "width", 1), { width: 1040, height: 1024 })
  assert.deepEqual(stepSize(rules, 1024, 640, "height", -1), { width: 1024, height: 640 })
  assert.deepEqual(stepSize(rules, 2880, 2880, "width", 1), { width: 2880, height: 2880 })
  assert.deepEqual(stepSize(rules, 1024, 1024, "width", 1000), { width: 3072, height: 1024 })
})

test("every preset is drawn, and its label is its ratio where it is exact", () => {
  for (const ratio of rules.ratios) {
    for (const tier of rules.tiers) {
      const { width, height } = presetSize(rules, ratio, tier)
      assert.ok(isDrawn(width, height))
      if (tier !== "2k") assert.equal(ratioLabel(rules, width, height), ratio)
    }
  }
  assert.equal(presetSize(rules, "7:1", "4k"), null)
})

test("a size is described by ratio, megapixels and largeness", () => {
  assert.equal(ratioLabel(rules, 1104, 704), "1.57:1")
  assert.equal(megapixels(1536, 1024), "1.57")
  assert.equal(megapixels(1000, 1000), "1.00")
  assert.equal(isLarge(rules, 2560, 1440), false)
  assert.equal(isLarge(rules, 2048, 2048), true)
})

test("a cheaper twin is alike, drawn, and worth a look", () => {
  const chance = numbers(11)
  let found = 0
  for (let asked = 0; asked < 150; asked += 1) {
    const { width, height } = nearestSize(rules, chance.next().value * 3840, chance.next().value * 3840).size
    const quality = ["low", "medium", "high"][asked % 3]
    const twin = cheaperTwin(rules, width, height, quality)
    if (!twin) continue
    found += 1
    const { width: w, height: h } = twin.size
    const turn = (w / h) / (width / height)
    const saving = 1 - outputTokens(rules, w, h, quality) / outputTokens(rules, width, height, quality)
    assert.ok(isDrawn(w, h))
    assert.ok(w * h >= 0.95 * width * height)
    assert.ok(Math.max(turn, 1 / turn) <= 1.12 + 1e-9)
    assert.ok(saving >= 0.08)
    assert.ok(Math.abs(saving - twin.saving) < 1e-9)
    assert.ok((w - h) * (width - height) >= 0)
  }
  assert.ok(found > 50)
})

test("a square has a cheaper twin, the auto size too, and nonsense has none", () => {
  assert.ok(cheaperTwin(rules, 1024, 1024, "medium"))
  assert.ok(cheaperTwin(rules, 1254, 1254, "auto"))
  assert.equal(cheaperTwin(rules, NaN, 1024, "high"), null)
  assert.equal(cheaperTwin(rules, 0, 0, "high"), null)
  assert.equal(cheaperTwin(rules, 1e9, 1e9, "high"), null)
})
