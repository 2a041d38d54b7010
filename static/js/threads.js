// The elements of a thread.

import { ThreadFeed } from "./elements/thread-feed.js"
import { TurnForm } from "./elements/turn-form.js"

const elements = {
  "turn-form": TurnForm, // before the pickers of every page, which ask it for the rules
  "thread-feed": ThreadFeed,
}

for (const [tag, element] of Object.entries(elements)) customElements.define(tag, element)
