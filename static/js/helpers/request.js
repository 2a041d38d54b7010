// A request for the composer, from elsewhere on the page or from another page.

import { ownTabStorage } from "./person.js"

const KEY = "easel:request"

/** Hand a request to the composer: the one on this page, else the one on Create. */
export function sendToComposer(request) {
  if (document.querySelector("composer-form, turn-form")) {
    document.dispatchEvent(new CustomEvent("composer:fill", { detail: request }))
  } else {
    ownTabStorage.setItem(KEY, JSON.stringify(request))
    location.assign("/")
  }
}

/** The request another page left behind, once; null without one. */
export function takePendingRequest() {
  const text = ownTabStorage.getItem(KEY)
  ownTabStorage.removeItem(KEY)
  return text && JSON.parse(text)
}
