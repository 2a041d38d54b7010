// How a person likes the editor, kept in the browser. `shelf` is localStorage or alike; without one, nothing is kept. No DOM.

const KEY = "easel:editor"
const USUAL = { colour: "accent", opacity: 50, wheelZooms: false, hasPressure: false }

export class Preferences {
  constructor(shelf) {
    this.shelf = shelf
    this.values = { ...USUAL, ...this.#load() }
  }

  set(name, value) {
    this.values[name] = value
    try { this.shelf.setItem(KEY, JSON.stringify(this.values)) } catch { /* private windows keep nothing */ }
  }

  #load() {
    try { return JSON.parse(this.shelf.getItem(KEY)) } catch { return null }
  }
}
