// The one table of the studio's elements: tag → what it does. Everything else on a page is HTML and htmx.

import { ComposerForm } from "./elements/composer-form.js"
import { CopyButton } from "./elements/copy-button.js"
import { ElapsedTime } from "./elements/elapsed-time.js"
import { FillComposer } from "./elements/fill-composer.js"
import { JobsPill } from "./elements/jobs-pill.js"
import { JustifiedRows } from "./elements/justified-rows.js"
import { LiveFeed } from "./elements/live-feed.js"
import { PassKey } from "./elements/pass-key.js"
import { PicturePage } from "./elements/picture-page.js"
import { PlanCard } from "./elements/plan-card.js"
import { PromptMentions } from "./elements/prompt-mentions.js"
import { ReferenceStrip } from "./elements/reference-strip.js"
import { RowDensity } from "./elements/row-density.js"
import { SafetyAdvice } from "./elements/safety-advice.js"
import { SizeFacts } from "./elements/size-facts.js"
import { SizePicker } from "./elements/size-picker.js"
import { SpendChart } from "./elements/spend-chart.js"
import { TellMe } from "./elements/tell-me.js"
import { ThemeSwitch } from "./elements/theme-switch.js"
import { ThreadTalk } from "./elements/thread-talk.js"
import { ToastNote } from "./elements/toast-note.js"
import { TurnForm } from "./elements/turn-form.js"
import { UploadButton } from "./elements/upload-button.js"
import { ZoomView } from "./elements/zoom-view.js"

const elements = {
  "composer-form": ComposerForm, // these two first: pickers and references ask them for the rules
  "turn-form": TurnForm,
  "copy-button": CopyButton,
  "elapsed-time": ElapsedTime,
  "fill-composer": FillComposer,
  "jobs-pill": JobsPill,
  "justified-rows": JustifiedRows,
  "live-feed": LiveFeed,
  "pass-key": PassKey,
  "picture-page": PicturePage,
  "plan-card": PlanCard,
  "prompt-mentions": PromptMentions,
  "reference-strip": ReferenceStrip,
  "row-density": RowDensity,
  "safety-advice": SafetyAdvice,
  "size-facts": SizeFacts,
  "size-picker": SizePicker,
  "spend-chart": SpendChart,
  "tell-me": TellMe,
  "theme-switch": ThemeSwitch,
  "thread-talk": ThreadTalk,
  "toast-note": ToastNote,
  "upload-button": UploadButton,
  "zoom-view": ZoomView,
}

for (const [tag, element] of Object.entries(elements)) customElements.define(tag, element)
