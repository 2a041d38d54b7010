// The mask as a PNG file, written by a worker beside the page.

/** The PNG of {pixels, width, height} as a Blob; `url` is where the worker's script lies. */
export function encodeInWorker({ pixels, width, height }, url) {
  const worker = new Worker(url, { type: "module" })
  return new Promise((resolve, reject) => {
    worker.addEventListener("message", ({ data }) => (data.blob ? resolve(data.blob) : reject(new Error(data.error))))
    worker.addEventListener("error", reject)
    worker.postMessage({ pixels, width, height })
  }).finally(() => worker.terminate())
}
