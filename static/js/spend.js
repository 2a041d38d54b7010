// The element of the spend pages.

import { SpendChart } from "./elements/spend-chart.js"

const elements = {
  "spend-chart": SpendChart,
}

for (const [tag, element] of Object.entries(elements)) customElements.define(tag, element)
