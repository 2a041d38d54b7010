// Asks the browser for a passkey (data-act: get or create) when its form is sent, and sends the answer along.

export class PassKey extends HTMLElement {
  connectedCallback() {
    this.form = this.querySelector("form")
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
      const credential = await asked(this.dataset.act, await this.#options())
      this.form.elements.credential.value = JSON.stringify(credential)
      this.form.submit() // which asks no submit listener again
    } catch {
      // Turned away by the person, by the key, or never allowed here: the browser said why, we say what now.
      this.#say(this.dataset.canceled)
    }
  }

  async #options() {
    if (this.dataset.options) {
      const { creation_options, request_options } = JSON.parse(document.getElementById(this.dataset.options).textContent)
      return creation_options ?? request_options
    }
    const answer = await fetch(this.dataset.source, { headers: { Accept: "application/json" } })
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

async function asked(act, { publicKey }) {
  if (act === "create") {
    const wanted = { residentKey: "required", requireResidentKey: true, userVerification: "required" }
    const options = { ...publicKey, authenticatorSelection: { ...publicKey.authenticatorSelection, ...wanted } }
    return navigator.credentials.create({ publicKey: PublicKeyCredential.parseCreationOptionsFromJSON(options) })
  }
  return navigator.credentials.get({ publicKey: PublicKeyCredential.parseRequestOptionsFromJSON(publicKey) })
}
