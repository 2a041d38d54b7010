// One file on its way to the studio: XMLHttpRequest, because fetch does not report an upload's progress.

import { session } from "./session.js"

/** Why an upload failed: the server's sentence, else `kind`: "lost" (it did not arrive) or "refused". */
class UploadError extends Error {
  constructor(kind, sentence = "") {
    super(sentence || kind)
    this.kind = kind
    this.sentence = sentence
  }
}

/** Send a file; resolves to {id, url, thumbnail, tokens}, rejects with UploadError. `onProgress` hears 0 to 1. */
export async function uploadFile(file, { url, onProgress }) {
  for (let isSecond = false; ; isSecond = true) {
    const call = await sent(file, { url, onProgress })
    const answer = parsed(call.responseText)
    if (call.status === 201 && answer.id) return { ...answer, id: `${answer.id}` }
    const isRefusal = session.isRefusal({ status: call.status, url: call.responseURL })
    if (!isRefusal || ((await session.renew()) === "same" && isSecond)) throw new UploadError("refused", answer.error)
  }
}

/** The call when it has been answered. */
function sent(file, { url, onProgress }) {
  return new Promise((resolve, reject) => {
    const call = new XMLHttpRequest()
    const body = new FormData()
    body.append("file", file, file.name)
    call.open("POST", url)
    call.setRequestHeader("Accept", "application/json")
    for (const [name, value] of Object.entries(session.headers)) call.setRequestHeader(name, value)
    call.upload.addEventListener("progress", ({ loaded, total }) => onProgress(total ? loaded / total : 0))
    call.addEventListener("error", () => reject(new UploadError("lost")))
    call.addEventListener("load", () => resolve(call))
    call.send(body)
  })
}

function parsed(text) {
  try {
    return JSON.parse(text) ?? {}
  } catch {
    return {}
  }
}

/** Files sent one after the other by `send`; `onIdle` is called when the last one is over. */
export class UploadQueue {
  #send
  #onIdle
  #waiting = []
  isBusy = false

  constructor({ send, onIdle }) {
    this.#send = send
    this.#onIdle = onIdle
  }

  async add(files) {
    this.#waiting.push(...files)
    if (this.isBusy) return
    this.isBusy = true
    for (let file; (file = this.#waiting.shift());) await this.#send(file)
    this.isBusy = false
    this.#onIdle()
  }
}
