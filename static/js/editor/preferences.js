// How a person likes the editor, kept in the browser. `storage` is localStorage or alike; without one, nothing is kept. No DOM.

const KEY = "easel:editor"
const DEFAULTS = { colour: "auto", opacity: 50, wheelZooms: false, hasPressure: false, fingerPaints: true, hasPen: false }

export class Preferences {
  constructor(storage) {
    this.storage = storage
    this.values = { ...DEFAULTS, ...this.#load() }
  }

  set(name, value) {
    this.values[name] = value
    try { this.storage.setItem(KEY, JSON.stringify(this.values)) } catch { /* private windows keep nothing */ }
  }

  /** A pen is in use: from the first one on a finger moves the picture, unless somebody says otherwise. True the first time. */
  meetPen() {
    if (this.values.hasPen) return false
    this.set("hasPen", true)
    this.set("fingerPaints", false)
    return true
  }

  #load() {
    try { return JSON.parse(this.storage.getItem(KEY)) } catch { return null }
  }
}
