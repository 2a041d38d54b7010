// The elements of the frame and of Create: tag → what it does. Other pages bring theirs along, in a table each, before this one.

import { ComposerForm } from "./elements/composer-form.js"
import { CopyButton } from "./elements/copy-button.js"
import { ElapsedTime } from "./elements/elapsed-time.js"
import { FillComposer } from "./elements/fill-composer.js"
import { JobsPill } from "./elements/jobs-pill.js"
import { LiveFeed } from "./elements/live-feed.js"
import { PlanCard } from "./elements/plan-card.js"
import { PromptMentions } from "./elements/prompt-mentions.js"
import { RecipeOffer } from "./elements/recipe-offer.js"
import { ReferenceStrip } from "./elements/reference-strip.js"
import { RefusalObjection } from "./elements/refusal-objection.js"
import { SessionGuard } from "./elements/session-guard.js"
import { SafetyAdvice } from "./elements/safety-advice.js"
import { SizeFacts } from "./elements/size-facts.js"
import { SizePicker } from "./elements/size-picker.js"
import { NotificationToggle } from "./elements/notification-toggle.js"
import { ThemeSwitch } from "./elements/theme-switch.js"
import { ToastNote } from "./elements/toast-note.js"
import { UploadButton } from "./elements/upload-button.js"
import { stayOnDrop } from "./helpers/drop-zone.js"
import { offerOriginals } from "./helpers/originals.js"

const elements = {
  "session-guard": SessionGuard, // before all that sends anything
  "composer-form": ComposerForm, // first: pickers and references ask it for the rules
  "copy-button": CopyButton,
  "elapsed-time": ElapsedTime,
  "fill-composer": FillComposer,
  "jobs-pill": JobsPill,
  "live-feed": LiveFeed,
  "plan-card": PlanCard,
  "prompt-mentions": PromptMentions,
  "recipe-offer": RecipeOffer,
  "reference-strip": ReferenceStrip,
  "refusal-objection": RefusalObjection,
  "safety-advice": SafetyAdvice,
  "size-facts": SizeFacts,
  "size-picker": SizePicker,
  "notification-toggle": NotificationToggle,
  "theme-switch": ThemeSwitch,
  "toast-note": ToastNote,
  "upload-button": UploadButton,
}

for (const [tag, element] of Object.entries(elements)) customElements.define(tag, element)

stayOnDrop()
offerOriginals()
