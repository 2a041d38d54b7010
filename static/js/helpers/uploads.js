// One file on its way to the studio: XMLHttpRequest, because fetch tells nothing of an upload's progress.

/** Why a file was not taken: the server's sentence, else `kind`: "lost" (it did not arrive) or "refused". */
export class NotTaken extends Error {
  constructor(kind, sentence = "") {
    super(sentence || kind)
    this.kind = kind
    this.sentence = sentence
  }
}

/** Send a file; resolves to {id, url, thumbnail, tokens}, rejects with NotTaken. `onProgress` hears 0 to 1. */
export function upload(file, { url, token, onProgress }) {
  return new Promise((resolve, reject) => {
    const call = new XMLHttpRequest()
    const body = new FormData()
    body.append("file", file, file.name)
    call.open("POST", url)
    call.setRequestHeader("Accept", "application/json")
    call.setRequestHeader("X-CSRFToken", token)
    call.upload.addEventListener("progress", ({ loaded, total }) => onProgress(total ? loaded / total : 0))
    call.addEventListener("error", () => reject(new NotTaken("lost")))
    call.addEventListener("load", () => {
      const answer = parsed(call.responseText)
      if (call.status === 201 && answer.id) resolve({ ...answer, id: `${answer.id}` })
      else reject(new NotTaken("refused", answer.error))
    })
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
  #waiting = []
  isBusy = false

  constructor({ send, onIdle }) {
    this.send = send
    this.onIdle = onIdle
  }

  async add(files) {
    this.#waiting.push(...files)
    if (this.isBusy) return
    this.isBusy = true
    for (let file; (file = this.#waiting.shift());) await this.send(file)
    this.isBusy = false
    this.onIdle()
  }
}
