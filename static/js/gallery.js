// The elements of the gallery.

import { JustifiedRows } from "./elements/justified-rows.js"
import { RowDensity } from "./elements/row-density.js"

const elements = {
  "justified-rows": JustifiedRows,
  "row-density": RowDensity,
}

for (const [tag, element] of Object.entries(elements)) customElements.define(tag, element)
