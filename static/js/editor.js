// The mask editor's elements. Its page loads them alone, neither the table of the other pages nor htmx: it opens as a tool does.

import { BrushSize } from "./elements/brush-size.js"
import { EditForm } from "./elements/edit-form.js"
import { EditorPreferences } from "./elements/editor-preferences.js"
import { FramingChoice } from "./elements/framing-choice.js"
import { DraftText } from "./elements/draft-text.js"
import { MaskDraft } from "./elements/mask-draft.js"
import { MaskEditor } from "./elements/mask-editor.js"
import { MaskSource } from "./elements/mask-source.js"
import { MaskStage } from "./elements/mask-stage.js"
import { RefusalObjection } from "./elements/refusal-objection.js"
import { SessionGuard } from "./elements/session-guard.js"
import { ToastNote } from "./elements/toast-note.js"
import { stayOnDrop } from "./helpers/drop-zone.js"

const elements = {
  "session-guard": SessionGuard, // before all that sends anything
  "mask-editor": MaskEditor, // first: the others work on the mask it opens
  "mask-stage": MaskStage,
  "draft-text": DraftText,
  "brush-size": BrushSize,
  "editor-preferences": EditorPreferences,
  "mask-draft": MaskDraft,
  "mask-source": MaskSource,
  "framing-choice": FramingChoice,
  "edit-form": EditForm,
  "refusal-objection": RefusalObjection,
  "toast-note": ToastNote,
}

for (const [tag, element] of Object.entries(elements)) customElements.define(tag, element)

stayOnDrop()
