// A wish on its way to the composer: to the one on this page, else to the one on Create.

const KEY = "easel:errand"

/** Hand a wish to the composer, wherever it is. */
export function send(wish) {
  if (document.querySelector("composer-form, turn-form")) {
    document.dispatchEvent(new CustomEvent("composer:fill", { detail: wish }))
  } else {
    sessionStorage.setItem(KEY, JSON.stringify(wish))
    location.assign("/")
  }
}

/** The wish that another page sent along, once; null without one. */
export function takeAlong() {
  const text = sessionStorage.getItem(KEY)
  sessionStorage.removeItem(KEY)
  return text && JSON.parse(text)
}
