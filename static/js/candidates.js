// The elements of an edit's candidates and of an edited picture, beside those of every page.

import { CandidateCard } from "./elements/candidate-card.js"
import { CompareSlider } from "./elements/compare-slider.js"
import { PictureViews } from "./elements/picture-views.js"

const elements = {
  "candidate-card": CandidateCard,
  "compare-slider": CompareSlider,
  "picture-views": PictureViews,
}

for (const [tag, element] of Object.entries(elements)) customElements.define(tag, element)
