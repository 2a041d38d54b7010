// One event stream a browser: the tab that holds a Web Lock owns the EventSource and relays by BroadcastChannel.
// Where locks are missing (plain HTTP on a network address), every tab opens its own.

const NAME = "easel:live"
const EVENTS = ["tile", "generation", "counts", "over"]
const KEPT = 200

export class SharedStream {
  #address
  #deliver
  #source
  #channel
  #leaving
  #kept = new Map()

  /** `deliver(type, data)` is called for every event, whoever owns the stream. */
  constructor(address, deliver) {
    this.#address = address
    this.#deliver = deliver
  }

  get isOwner() {
    return Boolean(this.#source)
  }

  open() {
    if (this.#leaving) return
    this.#leaving = new AbortController()
    const { signal } = this.#leaving
    if (!navigator.locks) return this.#connect()
    this.#channel = new BroadcastChannel(NAME)
    this.#channel.onmessage = ({ data }) => this.#hear(data)
    this.#channel.postMessage({ type: "hello" })
    const hold = () => new Promise(free => { signal.addEventListener("abort", free); this.#connect() })
    navigator.locks.request(NAME, { signal }, hold).catch(error => { if (error.name !== "AbortError") throw error })
  }

  close() {
    this.#source?.close()
    this.#leaving?.abort()
    this.#channel?.close()
    this.#source = this.#leaving = this.#channel = undefined
  }

  #connect() {
    this.#source = new EventSource(this.#address)
    for (const type of EVENTS) this.#source.addEventListener(type, event => this.#relay(type, JSON.parse(event.data)))
  }

  #relay(type, data) {
    if (type === "tile") this.#keep(data)
    this.#channel?.postMessage({ type, data })
    this.#deliver(type, data)
  }

  // A tab that opens later hears what it may have missed between its page and its first event.
  #keep(tile) {
    this.#kept.delete(tile.id)
    this.#kept.set(tile.id, tile)
    if (this.#kept.size > KEPT) this.#kept.delete(this.#kept.keys().next().value)
  }

  #hear({ type, data }) {
    if (type !== "hello") return this.#deliver(type, data)
    if (this.isOwner) for (const tile of this.#kept.values()) this.#channel.postMessage({ type: "tile", data: tile })
  }
}
