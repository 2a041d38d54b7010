// The elements that look closely at pictures: a picture's page and an edit's candidates.

import { CandidateCard } from "./elements/candidate-card.js"
import { CompareSlider } from "./elements/compare-slider.js"
import { DownloadOptions } from "./elements/download-options.js"
import { PicturePage } from "./elements/picture-page.js"
import { PictureViews } from "./elements/picture-views.js"
import { ZoomView } from "./elements/zoom-view.js"

const elements = {
  "candidate-card": CandidateCard,
  "compare-slider": CompareSlider,
  "download-options": DownloadOptions,
  "picture-page": PicturePage,
  "picture-views": PictureViews,
  "zoom-view": ZoomView,
}

for (const [tag, element] of Object.entries(elements)) customElements.define(tag, element)
