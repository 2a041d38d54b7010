import assert from "node:assert/strict"
import test from "node:test"

import { Autosave } from "../../../static/js/editor/autosave.js"

/** A server that answers what it is told to and a clock that is moved by hand. */
function stage(answers) {
  const sent = []
  let due = []
  const timers = {
    setTimeout: (run, delay) => { due.push({ run, delay }); return due.at(-1) },
    clearTimeout: timer => { due = due.filter(other => other !== timer) },
  }
  const send = async (url, body, { keepalive }) => {
    sent.push({ url, keepalive, ...JSON.parse(body) })
    const answer = answers.shift() ?? { status: 200, body: { version: sent.at(-1).version + 1 } }
    if (answer === "down") throw new TypeError("Failed to fetch")
    return { ok: answer.status < 300, status: answer.status, json: async () => answer.body }
  }
  const states = []
  const draft = { strokes: 0 }
  const autosave = new Autosave({ url: "/draft/1", version: 4, read: () => ({ ...draft }), send, timers })
  autosave.addEventListener("state", ({ state, other }) => states.push(other ? [state, other] : state))
  const tick = async () => { for (const { run } of due.splice(0)) await run() }
  const paint = () => { draft.strokes += 1; autosave.touch() }
  return { autosave, sent, states, paint, tick, delays: () => due.map(({ delay }) => delay) }
}

test("many changes are saved once, after a rest, on top of the version that was read", async () => {
  const { sent, states, paint, tick, autosave } = stage([])
  for (let stroke = 0; stroke < 5; stroke += 1) paint()
  assert.equal(sent.length, 0)
  await tick()
  paint()
  await tick()
  assert.deepEqual(sent.map(({ version, draft }) => [version, draft.strokes]), [[4, 5], [5, 6]])
  assert.deepEqual(states, ["saving", "saved", "saving", "saved"])
  assert.equal(autosave.isSaved, true)
})

test("a save that fails is said and tried again until it is through", async () => {
  const { sent, states, paint, tick, autosave, delays } = stage(["down", { status: 503, body: {} }])
  paint()
  await tick()
  assert.equal(autosave.isSaved, false)
  assert.deepEqual(delays(), [2000])
  await tick()
  assert.deepEqual(delays(), [5000])
  await tick()
  assert.equal(autosave.isSaved, true)
  assert.deepEqual(states, ["saving", "failed", "saving", "failed", "saving", "saved"])
  assert.ok(sent.every(({ draft }) => draft.strokes === 1))
})

test("when another tab was faster both drafts stay and saving goes on in ours", async () => {
  const other = { url: "/pictures/7/mask/?draft=1" }
  const { sent, states, paint, tick } = stage([{ status: 409, body: { version: 1, url: "/draft/2", other } }])
  paint()
  await tick()
  paint()
  await tick()
  assert.deepEqual(states[1], ["forked", other])
  assert.deepEqual(sent.map(({ url, version }) => [url, version]), [["/draft/1", 4], ["/draft/2", 1]])
})

test("leaving sends what is not saved once more, in a request that outlives the page", async () => {
  const { autosave, sent, paint } = stage([])
  autosave.leave()
  assert.equal(sent.length, 0)
  paint()
  autosave.leave()
  assert.equal(sent.length, 1)
  assert.equal(sent[0].keepalive, true)
})

test("a flush saves at once and says whether everything is safe", async () => {
  const { autosave, paint } = stage([undefined, "down"])
  paint()
  assert.equal(await autosave.flush(), true)
  paint()
  assert.equal(await autosave.flush(), false)
})
