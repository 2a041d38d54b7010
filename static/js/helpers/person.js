// The person a page was made for, and what the browser keeps: it belongs to that person alone, and goes when another signs in.

const OWNER = "easel:person"

/** The key of the person this page was made for; "" for nobody. */
export const person = globalThis.document?.querySelector("meta[name='person']")?.content ?? ""

/** The key of the person who is signed in in this browser, as far as a page can know; "" for nobody. */
export function personHere() {
  return /(?:^|;\s*)person=([^;]*)/.exec(globalThis.document?.cookie ?? "")?.[1] ?? ""
}

/** A Storage for one person: under names of their own, and closed while somebody else is signed in here. */
export class OwnStorage {
  #storage
  #owner
  #here

  /** `storage()` gives localStorage or sessionStorage, which a browser may forbid. */
  constructor(storage, { owner = person, here = personHere } = {}) {
    this.#storage = storage
    this.#owner = owner
    this.#here = here
  }

  getItem(key) {
    return this.#isOpen ? this.#storage().getItem(this.#name(key)) : null
  }

  setItem(key, value) {
    if (this.#isOpen) this.#storage().setItem(this.#name(key), value)
  }

  removeItem(key) {
    if (this.#isOpen) this.#storage().removeItem(this.#name(key))
  }

  close() {
    this.#owner = ""
  }

  get #isOpen() {
    return this.#owner !== "" && this.#here() === this.#owner
  }

  #name(key) {
    return `${key}@${this.#owner}`
  }
}

export const ownStorage = new OwnStorage(() => localStorage)
export const ownTabStorage = new OwnStorage(() => sessionStorage)

/** Delete what somebody else left in a Storage, and whatever nobody knows the owner of. */
export function claim(storage, here) {
  if (!here || storage.getItem(OWNER) === here) return false
  storage.clear()
  storage.setItem(OWNER, here)
  return true
}

/** Make this browser's storages those of whoever is signed in; on every page, before anything is read. */
export function claimAll() {
  try {
    const isNew = [localStorage, sessionStorage].map(storage => claim(storage, personHere())).some(Boolean)
    if (isNew) closeNotifications()
  } catch { /* a browser without storage keeps nothing */ }
}

/** Delete everything, and write nothing any more: this person signs out. */
export function forgetAll() {
  try {
    for (const storage of [localStorage, sessionStorage]) storage.clear()
  } catch { /* as above */ }
  ownStorage.close()
  ownTabStorage.close()
  closeNotifications()
}

async function closeNotifications() {
  for (const registration of (await navigator.serviceWorker?.getRegistrations()) ?? []) {
    for (const notification of await registration.getNotifications()) notification.close()
  }
}

if (globalThis.document) claimAll()
