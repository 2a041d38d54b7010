import assert from "node:assert/strict"
import test from "node:test"

import { differingShare, sameShape } from "../../static/js/helpers/difference.js"

const GREY = [128, 128, 128, 255]

test("what eyes cannot tell apart is no difference", () => {
  assert.equal(differingShare([...GREY, ...GREY], [...GREY, 132, 128, 124, 255]), 0)
})

test("the share of differing pixels is told", () => {
  assert.equal(differingShare([...GREY, ...GREY, ...GREY, ...GREY], [...GREY, 0, 128, 128, 255, ...GREY, ...GREY]), 0.25)
  assert.equal(differingShare([], []), 0)
})

test("pictures of one shape lie over each other edge to edge", () => {
  assert.ok(sameShape({ width: 1024, height: 768 }, { width: 2048, height: 1536 }))
  assert.ok(!sameShape({ width: 1024, height: 768 }, { width: 768, height: 1024 }))
})
