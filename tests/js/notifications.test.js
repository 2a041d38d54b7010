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
  return { shown, Notification, isSecureContext: true, navigator: { userAgent: "Android", serviceWorker: { register: async () => registration } } }
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
  assert.ok(!canNotify({ isSecureContext: true, navigator: {} }))
})

test("over plain HTTP, where no browser allows notifications, the bell is not offered", () => {
  assert.ok(!canNotify({ ...phone(), isSecureContext: false }))
})

test("where the service worker cannot be installed, the page shows the notification itself", async () => {
  const [shown, worker] = [[], new EventTarget()]
  worker.state = "installing"
  class Notification {
    constructor(title) { shown.push(title) }
  }
  const register = async () => {
    setImmediate(() => { worker.state = "redundant"; worker.dispatchEvent(new Event("statechange")) })
    return { installing: worker, showNotification: async () => assert.fail("it was never there") }
  }
  await notify("Your picture is finished.", {}, { worker: "/worker.js", browser: { Notification, navigator: { serviceWorker: { register } } } })
  assert.deepEqual(shown, ["Your picture is finished."])
})

test("whoever looks at any tab is watching, and whoever has left all of them is not", async () => {
  const [locks, page] = [new Locks(), new EventTarget()]
  const browser = { navigator: { locks } }
  page.visibilityState = "visible"
  holdWhileVisible("easel:watched:ben", page, { browser })
  assert.ok(await isWatched("easel:watched:ben", { browser }))
  assert.ok(!(await isWatched("easel:watched:cleo", { browser })))
  turn(page, "hidden")
  await settled()
  assert.ok(!(await isWatched("easel:watched:ben", { browser })))
})

test("a look that is over before the browser has granted its lock leaves nobody watching", async () => {
  const [locks, page] = [new Locks(), new EventTarget()]
  const browser = { navigator: { locks } }
  const grants = []
  const { request } = locks
  locks.request = (...given) => void grants.push(() => request(...given))
  page.visibilityState = "visible"
  holdWhileVisible("easel:watched:ben", page, { browser })
  for (const state of ["hidden", "visible", "hidden"]) turn(page, state)
  for (const grant of grants) grant()
  await settled()
  assert.ok(!(await isWatched("easel:watched:ben", { browser })))
})

function turn(page, state) {
  page.visibilityState = state
  page.dispatchEvent(new Event("visibilitychange"))
}

const settled = () => new Promise(resolve => setImmediate(resolve))
