import assert from "node:assert/strict"
import { test } from "node:test"

import { canNotify, holdWhileVisible, isWatched, notify } from "../../static/js/helpers/notifications.js"

/** A browser like Chrome on Android: it has the constructor, which throws, and shows by a service worker. */
function phone() {
  const shown = []
  const registration = { active: { state: "activated" }, showNotification: async (title, options) => void shown.push([title, options]) }
  class Notification {
    constructor() { throw new TypeError("Illegal constructor. Use ServiceWorkerRegistration.showNotification() instead.") }
  }
  return { shown, Notification, navigator: { userAgent: "Android", serviceWorker: { register: async () => registration } } }
}

class Locks {
  held = []

  request = (name, _options, hold) => {
    const lock = { name }
    this.held.push(lock)
    return hold().then(() => this.held.splice(this.held.indexOf(lock), 1))
  }

  query = async () => ({ held: this.held })
}

test("where the constructor throws, a service worker shows the notification", async () => {
  const browser = phone()
  assert.ok(canNotify(browser))
  await notify("Your picture is finished.", { body: "A boat", tag: "easel-7" }, { worker: "/worker.js", browser })
  assert.deepEqual(browser.shown, [["Your picture is finished.", { body: "A boat", tag: "easel-7" }]])
})

test("where nothing can show one, the bell is not offered and nothing is thrown", async () => {
  const browser = phone()
  delete browser.navigator.serviceWorker
  assert.ok(!canNotify(browser))
  await notify("Your picture is finished.", {}, { worker: "/worker.js", browser })
  assert.ok(!canNotify({ navigator: {} }))
})

test("whoever looks at any tab is watching, and whoever has left all of them is not", async () => {
  const [locks, page] = [new Locks(), new EventTarget()]
  const browser = { navigator: { locks } }
  page.visibilityState = "visible"
  holdWhileVisible("easel:watched:ben", page, { browser })
  assert.ok(await isWatched("easel:watched:ben", { browser }))
  assert.ok(!(await isWatched("easel:watched:cleo", { browser })))
  page.visibilityState = "hidden"
  page.dispatchEvent(new Event("visibilitychange"))
  await new Promise(resolve => setImmediate(resolve))
  assert.ok(!(await isWatched("easel:watched:ben", { browser })))
})
