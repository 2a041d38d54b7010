// Notifications by a service worker, the only way on phones; where that cannot be had, by the page itself. No DOM.

/** Whether this browser lets a page notify at all: over plain HTTP none does. */
export function canNotify(browser = globalThis) {
  if (!browser.isSecureContext || !("Notification" in browser)) return false
  return Boolean(browser.navigator.serviceWorker ?? !isPhone(browser))
}

/** Show a notification; `worker` is the address of the service worker that answers when it is pressed. */
export async function notify(title, options, { worker, browser = globalThis }) {
  try {
    const registration = await browser.navigator.serviceWorker.register(worker)
    await active(registration)
    await registration.showNotification(title, options)
  } catch {
    showByPage(title, options, browser)
  }
}

/**
 * Whether somebody looks at any tab of this person's studio: visible tabs hold a shared lock of that name, and a browser that
 * has notifications has locks.
 */
export async function isWatched(name, { browser = globalThis } = {}) {
  const { held = [] } = (await browser.navigator.locks?.query()) ?? {}
  return held.some(lock => lock.name === name)
}

/** Hold the lock while `document` is visible. */
export function holdWhileVisible(name, document, { browser = globalThis, signal } = {}) {
  let looking = null // ends with the look that it stands for, which may be over before its lock is granted
  const update = () => {
    const isVisible = document.visibilityState === "visible" && !signal?.aborted
    if (isVisible && !looking) hold((looking = new AbortController()).signal)
    if (isVisible) return
    looking?.abort()
    looking = null
  }
  const hold = over => browser.navigator.locks.request(name, { mode: "shared" }, () => ended(over))
  if (!browser.navigator.locks) return
  document.addEventListener("visibilitychange", update, { signal })
  signal?.addEventListener("abort", update)
  update()
}

function ended(signal) {
  return new Promise(resolve => {
    if (signal.aborted) resolve()
    signal.addEventListener("abort", resolve)
  })
}

// A worker that is only being installed shows nothing yet; one that cannot be installed never will.
function active(registration) {
  const worker = registration.active ?? registration.installing ?? registration.waiting
  if (!worker || worker.state === "activated") return undefined
  return new Promise((resolve, reject) => worker.addEventListener("statechange", () => {
    if (worker.state === "activated") resolve()
    if (worker.state === "redundant") reject(new Error("the worker was not installed"))
  }))
}

function showByPage(title, options, browser) {
  try {
    const note = new browser.Notification(title, options)
    note.onclick = () => { browser.focus(); note.close() }
  } catch { /* Chrome on Android has the name and refuses the call */ }
}

// Without a service worker there, the constructor is of no use, and trying it would show something.
function isPhone({ navigator }) {
  return /Android/.test(navigator.userAgent ?? "")
}
