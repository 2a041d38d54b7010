// The element that makes and reads passkeys.

import { PassKey } from "./elements/pass-key.js"

const elements = {
  "pass-key": PassKey,
}

for (const [tag, element] of Object.entries(elements)) customElements.define(tag, element)
