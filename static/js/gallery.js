// The elements of the gallery.

import { CollectionList } from "./elements/collection-list.js"
import { CollectionOrder } from "./elements/collection-order.js"
import { GalleryKeys } from "./elements/gallery-keys.js"
import { JustifiedRows } from "./elements/justified-rows.js"
import { PictureBlocks } from "./elements/picture-blocks.js"
import { PictureSelection } from "./elements/picture-selection.js"
import { RowDensity } from "./elements/row-density.js"

const elements = {
  "collection-list": CollectionList,
  "collection-order": CollectionOrder,
  "justified-rows": JustifiedRows,
  "picture-blocks": PictureBlocks,
  "gallery-keys": GalleryKeys,
  "picture-selection": PictureSelection, // after the rows, which lay out what it looks at
  "row-density": RowDensity,
}

for (const [tag, element] of Object.entries(elements)) customElements.define(tag, element)
