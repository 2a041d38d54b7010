// Notifications: one for each tile that ends while its person looks at no tab of the studio.

import { canNotify, holdWhileVisible, isWatched, notify } from "../helpers/notifications.js"
import { ownStorage, person } from "../helpers/person.js"

const KEY = "easel:notifications"
const WATCHED = `easel:watched:${person}`

export class NotificationToggle extends HTMLElement {
  #leaving = new AbortController()

  connectedCallback() {
    holdWhileVisible(WATCHED, document, { signal: this.#leaving.signal })
    if (!canNotify()) return this.remove()
    this.addEventListener("click", this.#toggle)
    document.addEventListener("live:ended", this.#notify)
    this.#update()
  }

  disconnectedCallback() {
    this.#leaving.abort()
    this.removeEventListener("click", this.#toggle)
    document.removeEventListener("live:ended", this.#notify)
  }

  get #button() {
    return this.querySelector("button")
  }

  get #isOn() {
    return ownStorage.getItem(KEY) === "on" && Notification.permission === "granted"
  }

  #toggle = async () => {
    if (this.#isOn) ownStorage.removeItem(KEY)
    else if ((await this.#permission()) === "granted") ownStorage.setItem(KEY, "on")
    else this.#button.title = this.#button.dataset.denied
    this.#update()
  }

  async #permission() {
    try {
      return await Notification.requestPermission()
    } catch {
      return "denied"
    }
  }

  #update() {
    this.#button.setAttribute("aria-pressed", this.#isOn)
  }

  #notify = async ({ detail: { id, state, title, isOwner } }) => {
    if (!isOwner || !this.#isOn || state === "canceled" || (await isWatched(WATCHED))) return
    const words = state === "succeeded" ? this.#button.dataset.done : this.#button.dataset.failed
    await notify(words, { body: title, tag: `easel-${id}` }, { worker: this.dataset.worker })
  }
}
