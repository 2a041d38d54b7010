// The elements that look closely at pictures: a picture's page, an edit's candidates, and comparisons.

import { CandidateCard } from "./elements/candidate-card.js"
import { CompareSlider } from "./elements/compare-slider.js"
import { DownloadOptions } from "./elements/download-options.js"
import { PictureComparison } from "./elements/picture-comparison.js"
import { PictureJudgement } from "./elements/picture-judgement.js"
import { PicturePage } from "./elements/picture-page.js"
import { PictureViews } from "./elements/picture-views.js"
import { ZoomView } from "./elements/zoom-view.js"

const elements = {
  "candidate-card": CandidateCard,
  "compare-slider": CompareSlider,
  "download-options": DownloadOptions,
  "picture-judgement": PictureJudgement,
  "picture-page": PicturePage,
  "picture-views": PictureViews,
  "zoom-view": ZoomView,
  "picture-comparison": PictureComparison, // last: it moves the views of those before it
}

for (const [tag, element] of Object.entries(elements)) customElements.define(tag, element)
