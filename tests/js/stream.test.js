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

/** Another tab of the same browser: its own sources, the same clock, locks and channels. */
class Tab {
  constructor(browser, shared) {
    Object.assign(this, browser, { navigator: { locks: shared.locks }, BroadcastChannel: shared.BroadcastChannel, performance: browser.performance })
  }
}

class Locks {
  #held = null
  #waiting = []

  request(_name, { signal, steal }, hold) {
    return new Promise((resolve, reject) => {
      const stop = () => reject(Object.assign(new Error(), { name: "AbortError" }))
      const take = () => {
        const mine = (this.#held = { stop })
        hold().then(resolve).finally(() => { if (this.#held === mine) this.#free() })
      }
      signal?.addEventListener("abort", () => { this.#waiting = this.#waiting.filter(next => next !== take); stop() })
      if (steal) this.#held?.stop()
      if (steal || !this.#held) take()
      else this.#waiting.push(take)
    })
  }

  #free() {
    this.#held = null
    this.#waiting.shift()?.()
  }
}

function channels() {
  const open = new Set()
  return class {
    constructor() { open.add(this) }
    postMessage(data) { for (const one of [...open]) if (one !== this) setImmediate(() => one.onmessage?.({ data })) }
    close() { open.delete(this) }
  }
}

const settled = () => new Promise(resolve => setImmediate(() => setImmediate(resolve)))

/** Several tabs of one person in one browser. */
function tabs() {
  const [browser, shared] = [new Browser(), { locks: new Locks(), BroadcastChannel: channels() }]
  const openTab = async (options = {}) => {
    const delivered = []
    const tab = new Tab(browser, shared)
    const stream = new SharedStream({ address: "/live/", person: "ben", heartbeat: HEARTBEAT, deliver: (type, data) => delivered.push([type, data]), browser: tab, ...options })
    stream.open()
    await settled()
    return { stream, delivered }
  }
  return { browser, openTab }
}

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

test("a stream that can be opened again only after a long while has missed what happened until then", async () => {
  const { browser, delivered } = opened()
  browser.sources[0].says("open")
  await browser.pass(300)
  delivered.length = 0
  browser.sources.at(-1).says("open")
  assert.deepEqual(delivered.map(([type]) => type), ["stale"])
})

test("a page that was long on its way asks for what it may have missed, and one that came at once does not", async () => {
  const slow = opened()
  await slow.browser.pass(35)
  slow.browser.sources[0].says("open")
  assert.deepEqual(slow.delivered.map(([type]) => type), ["stale"])
  const quick = opened()
  await quick.browser.pass(1)
  quick.browser.sources[0].says("open")
  assert.deepEqual(quick.delivered, [])
})

test("a tab that opens later is told the cards, tiles, waits and counts that came while its page was on its way", async () => {
  const { browser, openTab } = tabs()
  await openTab()
  const [source] = browser.sources
  source.says("open")
  source.says("generation", { id: 7, html: "a card" })
  source.says("tile", { id: 1, version: 1 })
  source.says("waiting", { id: 1, text: "2nd in line" })
  source.says("waiting", { id: 2, text: "3rd in line" })
  source.says("tile", { id: 1, version: 2 })
  source.says("counts", { queued: 1 })
  const { delivered } = await openTab()
  assert.equal(browser.sources.length, 1)
  assert.deepEqual(delivered, [
    ["generation", { id: 7, html: "a card" }],
    ["tile", { id: 1, version: 2 }],
    ["waiting", { id: 2, text: "3rd in line" }],
    ["counts", { queued: 1 }],
  ])
})

test("a tab that does not own the stream asks for what it missed once its owner hears something again", async () => {
  const { browser, openTab } = tabs()
  await openTab()
  const other = await openTab()
  browser.sources[0].says("open")
  await settled()
  await browser.pass(35)
  assert.deepEqual(other.delivered, [])
  browser.sources[0].says("beat")
  await settled()
  assert.deepEqual(other.delivered.map(([type]) => type), ["stale"])
})

test("a tab whose stream was taken over opens none beside the new owner's", async () => {
  const { browser, openTab } = tabs()
  await openTab()
  await openTab()
  await browser.pass(41)
  const [first] = browser.sources
  first.close()
  first.says("error") // it is to be tried again, when the other tab has lost its patience
  await settled()
  await browser.pass(5)
  assert.equal(browser.sources.filter(source => source.readyState !== 2).length, 1)
})
