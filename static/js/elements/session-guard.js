// Asks to sign in beside the page when its person is signed out, and ends the page when somebody else is signed in. A form that
// is sent to another page asks first whether its person is still signed in, and takes a fresh token along.
// Tells the page: session:renewed when its person is back, session:leaving {waitFor(promise)} before they sign out.
// Tabs tell each other: `page` when one was opened, `out` before a person signs out, `in` when somebody has signed in.

import { guardHtmx } from "../helpers/guarded-htmx.js"
import { forgetAll, personHere } from "../helpers/person.js"
import { session } from "../helpers/session.js"

const CHANNEL = "easel:session" // says that something changed, and nothing of anybody
const LOOK = 2000 // ms between looks at the cookie, and at the session while somebody signs in
const PATIENCE = 3000 // ms that signing out waits for what is not saved yet
const LEAVING = 15_000 // ms after which whoever was about to sign out and still is signed in has stayed
const WINDOW = "popup,width=520,height=760"

export class SessionGuard extends HTMLElement {
  #channel = new BroadcastChannel(CHANNEL)
  #timer
  #isAsking = false
  #leavingUntil = 0
  #checked = new WeakSet()
  #waiting = new WeakSet()

  connectedCallback() {
    guardHtmx(session)
    for (const [type, listener] of this.#events) session.addEventListener(type, listener)
    for (const [type, listener] of this.#windowEvents) addEventListener(type, listener)
    document.addEventListener("visibilitychange", this.#look)
    document.addEventListener("submit", this.#submit)
    this.addEventListener("click", this.#open)
    this.#channel.onmessage = this.#heard
    this.#channel.postMessage({ type: "page" })
    this.#timer = setInterval(this.#look, LOOK)
  }

  disconnectedCallback() {
    for (const [type, listener] of this.#events) session.removeEventListener(type, listener)
    for (const [type, listener] of this.#windowEvents) removeEventListener(type, listener)
    document.removeEventListener("visibilitychange", this.#look)
    document.removeEventListener("submit", this.#submit)
    this.removeEventListener("click", this.#open)
    this.#channel.close()
    clearInterval(this.#timer)
  }

  get #dialog() {
    return this.querySelector("[popover]")
  }

  // What the browser's cookie says costs nothing to look at; the studio is asked where it says nobody.
  #look = () => {
    if (!session.owner || session.isOver) return
    const here = personHere()
    if (here && here !== session.owner) return session.end()
    // Another tab is about to sign out: until it has, the studio would still say that its person is signed in.
    if (here && performance.now() < this.#leavingUntil) return
    this.#leavingUntil = 0
    if (document.hidden) return
    if (session.isSigningIn) this.#check()
    else if (!here) session.renew().catch(() => {})
  }

  // One question at a time, however long the studio takes to answer.
  async #check() {
    if (this.#isAsking) return
    this.#isAsking = true
    await session.check().catch(() => {})
    this.#isAsking = false
  }

  // Whoever signs out in another tab leaves nothing to be seen in this one.
  #heard = ({ data: { type, person } }) => {
    if (type === "in") this.#leavingUntil = 0
    if (type === "out" && person === session.owner && !session.isOver) {
      this.#leavingUntil = performance.now() + LEAVING
      this.#veil(true)
      session.signIn()
    }
    this.#look()
  }

  #ask = () => {
    this.#dialog.showPopover()
    // Somebody who is writing or painting goes on; anybody else meets the button.
    if (!document.activeElement?.matches("input, textarea, canvas")) this.querySelector("a").focus()
  }

  #resume = () => {
    this.#veil(false)
    this.#dialog.hidePopover()
    document.dispatchEvent(new CustomEvent("session:renewed"))
  }

  #end = () => {
    const words = this.querySelector("template").content.cloneNode(true)
    document.title = words.querySelector("h1").textContent
    for (const name of document.body.getAttributeNames()) document.body.removeAttribute(name)
    document.body.replaceChildren(words)
    this.#veil(false)
  }

  // Every token of the page, for forms that are sent without a script.
  #replaceTokens = () => {
    for (const input of document.querySelectorAll("[name='csrfmiddlewaretoken']")) input.value = session.token
  }

  #open = event => {
    const link = event.target.closest("a")
    if (link && window.open(link.href, "easel-sign-in", WINDOW)) event.preventDefault()
  }

  #submit = async event => {
    const form = event.target
    if (!session.owner || event.defaultPrevented || form.method !== "post" || this.#checked.delete(form)) return
    const isSigningOut = new URL(form.action).pathname === this.dataset.signOutPath
    const unsaved = isSigningOut ? this.#unsaved() : []
    if (isSigningOut && !unsaved.length) return this.#signOut()
    event.preventDefault()
    if (this.#waiting.has(form)) return // pressed once more meanwhile
    this.#waiting.add(form)
    // Where the studio cannot be reached, the form goes its way and the browser says so.
    await (isSigningOut ? this.#signOutAfter(unsaved) : session.renew().catch(() => {}))
    this.#waiting.delete(form)
    if (session.isOver || !form.isConnected) return
    this.#checked.add(form)
    form.requestSubmit(event.submitter?.form === form ? event.submitter : null)
  }

  // What the page has still to save before its person leaves.
  #unsaved() {
    const unsaved = []
    document.dispatchEvent(new CustomEvent("session:leaving", { detail: { waitFor: promise => unsaved.push(promise) } }))
    return unsaved
  }

  async #signOutAfter(unsaved) {
    await Promise.race([Promise.allSettled(unsaved), new Promise(resolve => setTimeout(resolve, PATIENCE))])
    this.#signOut()
  }

  #signOut() {
    forgetAll()
    this.#channel.postMessage({ type: "out", person: session.owner })
  }

  // A page that may be brought back from the browser's memory is not shown before it is clear whose it is.
  #hide = () => session.owner && this.#veil(true)

  #show = ({ persisted }) => {
    if (!persisted || !session.owner) return
    if (personHere() === session.owner) return this.#veil(false)
    this.#look()
    if (!session.isOver) session.signIn()
  }

  #veil(isVeiled) {
    document.documentElement.toggleAttribute("data-veiled", isVeiled)
  }

  #events = [["signin", this.#ask], ["renewed", this.#resume], ["over", this.#end], ["token", this.#replaceTokens]]
  #windowEvents = [["focus", this.#look], ["pagehide", this.#hide], ["pageshow", this.#show]]
}
