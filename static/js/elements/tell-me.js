// "Tell me when done": a notification for each tile that ends while nobody looks at this browser's tab.

const KEY = "easel:tell-me"

export class TellMe extends HTMLElement {
  connectedCallback() {
    if (!("Notification" in window)) return this.remove()
    this.addEventListener("click", this.#toggle)
    document.addEventListener("live:over", this.#tell)
    this.#mark()
  }

  disconnectedCallback() {
    this.removeEventListener("click", this.#toggle)
    document.removeEventListener("live:over", this.#tell)
  }

  get #button() {
    return this.querySelector("button")
  }

  get #isOn() {
    return localStorage.getItem(KEY) === "on" && Notification.permission === "granted"
  }

  #toggle = async () => {
    if (this.#isOn) localStorage.removeItem(KEY)
    else if (await Notification.requestPermission() === "granted") localStorage.setItem(KEY, "on")
    else this.#button.title = this.#button.dataset.denied
    this.#mark()
  }

  #mark() {
    this.#button.setAttribute("aria-pressed", this.#isOn)
  }

  #tell = ({ detail: { id, state, title, isOwner } }) => {
    if (!isOwner || !this.#isOn || !document.hidden || state === "canceled") return
    const words = state === "succeeded" ? this.#button.dataset.done : this.#button.dataset.failed
    const note = new Notification(words, { body: title, tag: `easel-${id}` })
    note.onclick = () => { window.focus(); note.close() }
  }
}
