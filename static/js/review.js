// The elements of the pages that people without an account see.

import { CompareSlider } from "./elements/compare-slider.js"
import { PinBoard } from "./elements/pin-board.js"
import { ToastNote } from "./elements/toast-note.js"
import { ZoomView } from "./elements/zoom-view.js"

const elements = {
  "compare-slider": CompareSlider,
  "pin-board": PinBoard,
  "toast-note": ToastNote,
  "zoom-view": ZoomView,
}

for (const [tag, element] of Object.entries(elements)) customElements.define(tag, element)
