// Asks the browser for a passkey (data-action: get or create) when its form is sent, and sends the answer along.

import { session } from "../helpers/session.js"

export class PassKey extends HTMLElement {
  #form

  connectedCallback() {
    this.#form = this.querySelector("form")
    this.hidden = !isSupported()
    if (this.hidden) this.#say(this.dataset.unsupported)
    this.addEventListener("submit", this.#ask)
  }

  disconnectedCallback() {
    this.removeEventListener("submit", this.#ask)
  }

  #ask = async event => {
    event.preventDefault()
    this.#say("")
    try {
      const credential = await credentialOf(this.dataset.action, await this.#options())
      await session.renew()
      this.#form.elements.credential.value = JSON.stringify(credential)
      this.#form.submit() // which asks no submit listener again
    } catch {
      // Refused by the person or the key, or not allowed here: the browser says why, the page says what to do.
      this.#say(this.dataset.canceled)
    }
  }

  async #options() {
    if (this.dataset.options) {
      const { creation_options, request_options } = JSON.parse(document.getElementById(this.dataset.options).textContent)
      return creation_options ?? request_options
    }
    const answer = await session.send(this.dataset.source, { headers: { Accept: "application/json" } })
    return (await answer.json()).request_options
  }

  #say(sentence = "") {
    const lines = this.querySelectorAll("[role=alert]")
    if (lines.length) lines[lines.length - 1].textContent = sentence
  }
}

function isSupported() {
  return Boolean(globalThis.PublicKeyCredential?.parseRequestOptionsFromJSON)
}

async function credentialOf(action, { publicKey }) {
  if (action === "create") {
    const wanted = { residentKey: "required", requireResidentKey: true, userVerification: "required" }
    const options = { ...publicKey, authenticatorSelection: { ...publicKey.authenticatorSelection, ...wanted } }
    return navigator.credentials.create({ publicKey: PublicKeyCredential.parseCreationOptionsFromJSON(options) })
  }
  return navigator.credentials.get({ publicKey: PublicKeyCredential.parseRequestOptionsFromJSON(publicKey) })
}
