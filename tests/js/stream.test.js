import assert from "node:assert/strict"
import { test } from "node:test"

import { SharedStream } from "../../static/js/helpers/stream.js"

const HEARTBEAT = 15 // seconds

/** What a stream uses of a browser, with a clock that is turned by hand. */
class Browser {
  sources = []
  navigator = {}
  performance = { now: () => this.time }
  time = 0
  #timers = new Map()
  #next = 1

  constructor() {
    const { sources } = this
    this.EventSource = class {
      readyState = 1
      listeners = {}

      constructor(address) {
        this.address = address
        sources.push(this)
      }

      addEventListener(type, listener) { this.listeners[type] = listener }
      close() { this.readyState = 2 }
      says(type, data = {}) { this.listeners[type]?.({ data: JSON.stringify(data) }) }
    }
  }

  setInterval = (callback, every) => this.#add({ callback, at: this.time + every, every })
  setTimeout = (callback, after) => this.#add({ callback, at: this.time + after })
  clearInterval = id => void this.#timers.delete(id)
  clearTimeout = id => void this.#timers.delete(id)

  /** Let some seconds pass. */
  async pass(seconds) {
    const end = this.time + seconds * 1000
    for (let due; (due = this.#due(end)); ) {
      const [id, timer] = due
      this.time = timer.at
      if (timer.every) timer.at += timer.every
      else this.#timers.delete(id)
      timer.callback()
      await settled()
    }
    this.time = end
  }

  #add(timer) {
    this.#timers.set(this.#next, timer)
    return this.#next++
  }

  #due(end) {
    return [...this.#timers].filter(([, { at }]) => at <= end).sort(([, one], [, other]) => one.at - other.at)[0]
  }
}

const settled = () => new Promise(resolve => setImmediate(resolve))

function opened(options = {}) {
  const [browser, delivered] = [new Browser(), []]
  const stream = new SharedStream({ address: "/live/", person: "ben", heartbeat: HEARTBEAT, deliver: (type, data) => delivered.push([type, data]), browser, ...options })
  stream.open()
  return { browser, delivered, stream }
}

test("a stream that stops without closing is opened anew within 45 seconds, and what was missed is caught up", async () => {
  const { browser, delivered } = opened()
  browser.sources[0].says("open")
  await browser.pass(45)
  assert.equal(browser.sources.length, 2)
  assert.equal(browser.sources[0].readyState, 2)
  assert.deepEqual(delivered.map(([type]) => type), ["stale"])
})

test("a stream that beats is left alone, however long nothing happens", async () => {
  const { browser, delivered } = opened()
  for (let beats = 0; beats < 40; beats += 1) {
    browser.sources[0].says("beat")
    await browser.pass(HEARTBEAT)
  }
  assert.equal(browser.sources.length, 1)
  assert.deepEqual(delivered, [])
})

test("whoever looks again or comes back online does not wait for a silent stream", async () => {
  const { browser, stream } = opened()
  browser.sources[0].says("open")
  await browser.pass(20)
  stream.wake()
  assert.equal(browser.sources.length, 2)
  stream.wake()
  assert.equal(browser.sources.length, 2)
})

test("a stream that the studio refuses is tried again, ever more seldom, until it is opened", async () => {
  const { browser, delivered } = opened()
  for (const wait of [2, 4, 8]) {
    const source = browser.sources.at(-1)
    source.close()
    source.says("error")
    await settled()
    const { length } = browser.sources
    await browser.pass(wait - 0.5)
    assert.equal(browser.sources.length, length)
    await browser.pass(0.5)
    assert.equal(browser.sources.length, length + 1)
  }
  assert.equal(delivered.at(-1)[0], "stale")
})

test("a stream whose person is signed out is not opened again", async () => {
  const { browser } = opened({ isAllowed: async () => false })
  browser.sources[0].close()
  browser.sources[0].says("error")
  await browser.pass(300)
  assert.equal(browser.sources.length, 1)
})

test("a stream that reconnects by itself may have missed something", async () => {
  const { browser, delivered } = opened()
  browser.sources[0].says("open")
  browser.sources[0].says("open")
  assert.deepEqual(delivered.map(([type]) => type), ["stale"])
})
