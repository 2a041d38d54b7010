// The session of a page's person, and every request of its scripts. What is refused because they are signed out, or because the
// page's token is from an earlier session, waits until they have signed in and is then sent once more. No DOM.

import { person } from "./person.js"

const REFUSED = [401, 403]
const OVER = new Promise(() => {}) // for whoever waits on a page whose person is gone: it never goes on

/**
 * Events: `signin` when somebody has to sign in, `renewed` when they have, `over` when somebody else has, and `token`.
 */
export class Session extends EventTarget {
  #renewing = null
  #signingIn = null
  isOver = false

  /** `address` answers {person, token}; `signInPath` is where a redirect leads whoever is signed out. */
  constructor({ owner, token, address, signInPath, fetch = (...given) => globalThis.fetch(...given) }) {
    super()
    Object.assign(this, { owner, token, address, signInPath, fetch })
  }

  get isSigningIn() {
    return Boolean(this.#signingIn)
  }

  /** What every request carries. */
  get headers() {
    return { ...(this.owner && { "X-Person": this.owner }), "X-CSRFToken": this.token }
  }

  /** `fetch` for this page's person. */
  async send(address, options = {}) {
    for (let isSecond = false; ; isSecond = true) {
      const answer = await this.fetch(address, { ...options, headers: { ...options.headers, ...this.headers } })
      if (!this.isRefusal(answer) || options.keepalive) return answer
      // Signed in all along, and refused twice: then it is not about the session.
      if ((await this.renew()) === "same" && isSecond) return answer
      if (options.body?.has?.("csrfmiddlewaretoken")) options.body.set("csrfmiddlewaretoken", this.token)
    }
  }

  /** Whether a response, or an XMLHttpRequest's {status, url}, may mean that the session is not what it was. */
  isRefusal({ status, url = "" }) {
    if (!this.owner) return false
    return REFUSED.includes(status) || (url !== "" && new URL(url, "http://studio/").pathname === this.signInPath)
  }

  /** Get a session for this page's person: "same" where there is one, "again" after they have signed in. */
  renew() {
    return this.#renewing ??= this.#renew().finally(() => (this.#renewing = null))
  }

  /** Ask the studio who is signed in, and tell those who wait; true where it is this page's person. */
  async check() {
    const answer = await this.fetch(this.address, { headers: { Accept: "application/json" }, cache: "no-store" })
    if (!answer.ok) throw new Error(`the session was answered with ${answer.status}`)
    const { person: here, token } = await answer.json()
    if (this.isOver) return false
    if (here !== this.owner) {
      if (here && this.owner) this.end()
      // A page for nobody has no person to lose, only a token that may be old.
      if (this.owner) return false
    }
    this.token = token
    this.#tell("token")
    this.#signingIn?.resolve("again")
    return true
  }

  /** Have somebody sign in; settled when they have. */
  signIn() {
    if (this.isOver) return OVER
    if (!this.#signingIn) {
      this.#signingIn = {}
      this.#signingIn.promise = new Promise(resolve => (this.#signingIn.resolve = resolve))
      this.#signingIn.promise.then(() => { this.#signingIn = null; this.#tell("renewed") })
      this.#tell("signin")
    }
    return this.#signingIn.promise
  }

  /** Somebody else is signed in here: this page is over. */
  end() {
    if (this.isOver) return
    this.isOver = true
    this.#tell("over")
  }

  async #renew() {
    if (await this.check()) return "same"
    return this.isOver ? OVER : this.signIn()
  }

  #tell(type) {
    this.dispatchEvent(new Event(type))
  }
}

const { token, address, signInPath } = globalThis.document?.querySelector("session-guard")?.dataset ?? {}

export const session = new Session({ owner: person, token, address, signInPath })
