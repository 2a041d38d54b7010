// One event stream a person and browser: the tab that holds a Web Lock owns the EventSource and relays by BroadcastChannel.
// Where locks are missing (plain HTTP on a network address), every tab opens its own. The studio is heard at least every
// heartbeat; a stream that stays silent is dead, even if nothing closed it, and is opened anew.

const EVENTS = ["tile", "waiting", "generation", "counts", "over"]
const REMEMBERED = ["generation", "tile", "waiting", "counts"] // what a tab that opens later may lack, in the order it is told
const MOST_REMEMBERED = 200 // of each
const BEATS = 2.5 // heartbeats of silence that a stream is given
const COVERED = 2 // heartbeats; a new stream begins with what happened in a gap this long
const LOOKS = 8 // at the clock, in that time
const RETRIES = [2, 4, 8, 20] // seconds until a stream that the studio closed is opened again

export class SharedStream {
  #address
  #deliver
  #isAllowed
  #silence
  #name
  #browser
  #source
  #channel
  #closing
  #watch
  #retry
  #refusals = 0
  #heardAt = 0
  #completeAt = 0 // until when nothing was missed; first the page's own time, then whatever was heard, in any tab
  #recent = new Map(REMEMBERED.map(type => [type, new Map()]))

  /**
   * `deliver(type, data)` is called for every event, whoever owns the stream, and with "stale" when some may have been missed.
   * `isAllowed()` is asked before a closed stream is opened again. `heartbeat` is in seconds; `browser` is for tests.
   */
  constructor({ address, person, heartbeat, deliver, isAllowed = async () => true, browser = globalThis }) {
    this.#address = address
    this.#deliver = deliver
    this.#isAllowed = isAllowed
    this.#silence = heartbeat * BEATS * 1000
    this.#name = `easel:live:${person}`
    this.#browser = browser
  }

  get isOwner() {
    return Boolean(this.#source)
  }

  open() {
    if (this.#closing) return
    this.#closing = new AbortController()
    this.#heardAt = this.#now
    this.#watch = this.#browser.setInterval(this.#look, this.#silence / LOOKS)
    if (!this.#browser.navigator.locks) return this.#connect()
    this.#channel = new this.#browser.BroadcastChannel(this.#name)
    this.#channel.onmessage = ({ data }) => this.#receive(data)
    this.#channel.postMessage({ type: "hello" })
    this.#queue()
  }

  close() {
    this.#browser.clearInterval(this.#watch)
    this.#disconnect()
    this.#closing?.abort()
    this.#channel?.close()
    this.#closing = this.#channel = undefined
  }

  /** Somebody looks again, or the network is back: a stream that may be dead is not waited for. */
  wake() {
    const [beat, silence] = [this.#silence / BEATS, this.#now - this.#heardAt]
    if (!this.#closing || silence < beat / 4) return
    // A new stream begins with what changed of late, so a short silence has hidden nothing.
    if (this.isOwner) return this.#reconnect({ isStale: silence > 1.2 * beat })
    // The owner may be another tab, which answers, or sleeps.
    this.#channel?.postMessage({ type: "wake" })
    const asked = this.#now
    this.#browser.setTimeout(() => { if (this.#heardAt < asked) this.#reconnect() }, this.#silence / LOOKS)
  }

  get #now() {
    return this.#browser.performance.now()
  }

  // The lock is waited for, or taken from a tab that says nothing any more.
  #queue(options = {}) {
    const { signal } = this.#closing
    const hold = () => new Promise(free => { signal.addEventListener("abort", free); if (!signal.aborted) this.#connect() })
    this.#browser.navigator.locks.request(this.#name, options.steal ? options : { signal }, hold).catch(error => {
      if (error.name !== "AbortError") throw error
      if (signal.aborted || signal !== this.#closing?.signal) return
      this.#disconnect() // another tab has taken over
      this.#queue()
    })
  }

  #look = () => {
    if (this.#now - this.#heardAt > this.#silence) this.#reconnect()
  }

  #reconnect({ isStale = true } = {}) {
    this.#heardAt = this.#now
    if (this.isOwner || !this.#channel) this.#connect()
    else this.#restart({ steal: true })
    if (!isStale) return
    this.#deliver("stale")
    this.#channel?.postMessage({ type: "stale" })
  }

  // The place in the queue is given up with its signal, for a new one.
  #restart(options) {
    this.#closing.abort()
    this.#closing = new AbortController()
    this.#queue(options)
  }

  #connect() {
    this.#disconnect()
    const source = (this.#source = new this.#browser.EventSource(this.#address))
    let isFirst = true
    source.addEventListener("open", () => {
      this.#beat()
      if (!isFirst) this.#deliver("stale")
      isFirst = false
    })
    source.addEventListener("error", () => { if (source.readyState === 2 && source === this.#source) this.#refused(source) })
    source.addEventListener("beat", () => this.#beat())
    for (const type of EVENTS) source.addEventListener(type, event => this.#relay(type, JSON.parse(event.data)))
  }

  #disconnect() {
    this.#browser.clearTimeout(this.#retry)
    this.#source?.close()
    this.#source = undefined
  }

  // The studio answered with something else than a stream: it restarts, or nobody is signed in.
  async #refused(source) {
    const wait = RETRIES[Math.min(this.#refusals, RETRIES.length - 1)] * 1000
    this.#refusals += 1
    this.#heardAt = Infinity // nothing is to be heard until then
    const isAllowed = await this.#isAllowed().catch(() => true)
    if (source !== this.#source || !isAllowed) return
    this.#heardAt = this.#now + wait
    this.#retry = this.#browser.setTimeout(() => { this.#connect(); this.#deliver("stale") }, wait)
  }

  // The studio was heard, here or in the tab that owns the stream. What happened in a longer gap has to be asked for.
  #hear() {
    const gap = this.#now - this.#completeAt
    this.#heardAt = this.#completeAt = this.#now
    if (gap > (COVERED / BEATS) * this.#silence) this.#deliver("stale")
  }

  #beat() {
    this.#refusals = 0
    this.#hear()
    this.#channel?.postMessage({ type: "beat" })
  }

  #relay(type, data) {
    this.#hear()
    if (REMEMBERED.includes(type)) this.#remember(type, data)
    this.#channel?.postMessage({ type, data })
    this.#deliver(type, data)
  }

  // A tab that opens later is sent what it may have missed between its page and its first event.
  #remember(type, data) {
    const [recent, key] = [this.#recent.get(type), data.id]
    recent.delete(key)
    recent.set(key, data)
    if (type === "tile") this.#recent.get("waiting").delete(key) // it says itself what it waits for
    if (recent.size > MOST_REMEMBERED) recent.delete(recent.keys().next().value)
  }

  #receive({ type, data }) {
    if (type === "hello") return this.isOwner && this.#greet()
    if (type === "wake") return this.isOwner && this.wake()
    if (type === "stale") this.#heardAt = this.#now // another tab opens the stream anew
    else if (!this.isOwner) this.#hear()
    if (type !== "beat") this.#deliver(type, data)
  }

  #greet() {
    for (const type of REMEMBERED) for (const data of this.#recent.get(type).values()) this.#channel.postMessage({ type, data })
  }
}
