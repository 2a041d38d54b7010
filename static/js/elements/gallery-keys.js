// The keys of the gallery: arrows walk from picture to picture, letters act on the one with the focus. One picture at a time is in the
// order of the Tab key, so that Tab leads past the list instead of through it.

import { isComposing, isTaken, keysOf } from "../helpers/keyboard.js"
import { session } from "../helpers/session.js"

const RATINGS = ["1", "2", "3", "4", "5"]

export class GalleryKeys extends HTMLElement {
  #current = null

  connectedCallback() {
    this.addEventListener("keydown", this.#pressed)
    this.addEventListener("focusin", this.#focused)
    this.addEventListener("gallery:arrived", this.#tidy)
    document.addEventListener("keydown", this.#pressedAnywhere)
    this.#tidy()
  }

  disconnectedCallback() {
    document.removeEventListener("keydown", this.#pressedAnywhere)
  }

  get #links() {
    return [...this.querySelectorAll(".gallery-item > a")]
  }

  // ── Focus ───────────────────────────────────────────────────────────────────────────────────────────────────────────

  #focused = ({ target }) => {
    const link = target.closest(".gallery-item")?.querySelector(":scope > a")
    if (!link || link === this.#current) return
    if (this.#current) this.#current.tabIndex = -1
    link.tabIndex = 0
    this.#current = link
  }

  #tidy = () => {
    const links = this.#links
    if (!this.#current?.isConnected) this.#current = links[0] ?? null
    for (const link of links) link.tabIndex = link === this.#current ? 0 : -1
  }

  #go(link) {
    if (!link) return
    link.focus({ preventScroll: true })
    const { top, bottom } = link.getBoundingClientRect()
    const edge = document.querySelector(".header").getBoundingClientRect().bottom + 8
    if (top < edge) scrollBy({ top: top - edge, behavior: "instant" })
    else if (bottom > innerHeight - 8) scrollBy({ top: bottom - innerHeight + 8, behavior: "instant" })
  }

  #beside(link, step) {
    const links = this.#links
    return links[links.indexOf(link) + step]
  }

  // The picture of the next row whose middle is nearest.
  #above(link, way) {
    const here = link.getBoundingClientRect()
    const middle = here.left + here.width / 2
    let [best, row] = [null, null]
    const links = this.#links
    for (let place = links.indexOf(link) + way; links[place]; place += way) {
      const box = links[place].getBoundingClientRect()
      if (Math.abs(box.top - here.top) < 2) continue
      row ??= box.top
      if (Math.abs(box.top - row) > 2) break
      const distance = Math.abs(box.left + box.width / 2 - middle)
      if (!best || distance < best.distance) best = { link: links[place], distance }
    }
    return best?.link
  }

  // ── Keys ────────────────────────────────────────────────────────────────────────────────────────────────────────────

  // Where a picture has the focus, the list is what keys are meant for.
  #pressed = (event) => {
    const item = event.target.closest(".gallery-item")
    const link = item?.querySelector(":scope > a")
    const isFree = !event.ctrlKey && !event.metaKey && !event.altKey && !isComposing(event) && !isTaken(event)
    if (!link || !isFree || this.#isCovered) return
    for (const name of keysOf(event)) {
      const act = this.#moves(link)[name] ?? (this.hasAttribute("data-shortcuts") && !event.shiftKey && this.#acts(item, name))
      if (!act) continue
      event.preventDefault()
      act()
      return
    }
  }

  // `/` and `?` need no picture; they are shortcuts all the same.
  #pressedAnywhere = (event) => {
    if (!this.hasAttribute("data-shortcuts") || event.ctrlKey || event.metaKey || event.altKey || isTaken(event) || this.#isCovered) return
    const isInList = this.contains(event.target)
    if (!isInList && event.target !== document.body && event.target.id !== "main") return
    const names = keysOf(event)
    if (names.includes("?")) document.getElementById("gallery-help")?.showPopover()
    else if (names.includes("/") && !event.shiftKey) document.getElementById("q")?.select()
    else if (!isInList && names.some(name => name.startsWith("Arrow")) && !event.shiftKey) this.#go(this.#nearest)
    else return
    event.preventDefault()
  }

  get #isCovered() {
    return Boolean(document.querySelector(":popover-open, dialog[open]"))
  }

  // The first picture in view.
  get #nearest() {
    const edge = document.querySelector(".header").getBoundingClientRect().bottom
    return this.#links.find(link => link.getBoundingClientRect().bottom > edge + 8)
  }

  #moves(link) {
    const links = this.#links
    return {
      ArrowLeft: () => this.#go(this.#beside(link, -1)),
      ArrowRight: () => this.#go(this.#beside(link, 1)),
      ArrowUp: () => this.#go(this.#above(link, -1)),
      ArrowDown: () => this.#go(this.#above(link, 1)),
      Home: () => this.#go(links[0]),
      End: () => this.#go(links.at(-1)),
    }
  }

  #acts(item, name) {
    if (RATINGS.includes(name)) return () => this.#rate(item, item.dataset.rating === name ? "0" : name)
    return {
      f: () => this.#star(item),
      x: () => this.#box(item).click(),
      c: () => this.#compare(item),
      e: () => location.assign(`${this.#address(item)}mask/`),
      r: () => location.assign(`${this.dataset.create}?reuse=${item.dataset.picture}`),
      Delete: () => this.#trash(item),
      Backspace: () => this.#trash(item),
    }[name]
  }

  #address(item) {
    return new URL(item.querySelector(":scope > a").href).pathname
  }

  // ── Acts ────────────────────────────────────────────────────────────────────────────────────────────────────────────

  #star(item) {
    const isStarred = !item.hasAttribute("data-starred")
    item.toggleAttribute("data-starred", isStarred)
    this.#say(isStarred ? this.dataset.starred : this.dataset.unstarred)
    return this.#send(item, this.dataset.stars, Number(isStarred), () => item.toggleAttribute("data-starred", !isStarred))
  }

  #rate(item, rating) {
    const before = item.dataset.rating
    this.#show(item, rating)
    this.#say(rating === "0" ? this.dataset.unrated : `${this.dataset.rated} ${rating}/5`)
    return this.#send(item, this.dataset.ratings, rating, () => this.#show(item, before))
  }

  #show(item, rating) {
    item.dataset.rating = rating
    item.querySelector(".gallery-rating b").textContent = rating
  }

  async #send(item, address, value, undo) {
    const body = new URLSearchParams({ picture: item.dataset.picture, value })
    const headers = { "HX-Request": "true" }
    const answer = await session.send(address, { method: "POST", body, headers }).catch(() => null)
    if (answer?.ok) return
    undo()
    this.#say(this.dataset.failed)
  }

  #box(item) {
    return item.querySelector(".gallery-select input")
  }

  // The selection's own buttons act, which also know what can be undone.
  #compare(item) {
    const button = this.querySelector(".selection [data-action=compare]")
    if (!this.#box(item).checked) this.#box(item).click()
    if (button && !button.disabled) return button.click()
    this.#say(this.dataset.more)
  }

  #trash(item) {
    if (!this.#box(item).checked) {
      this.querySelector(".selection [data-action=clear]")?.click()
      this.#box(item).click()
    }
    this.querySelector(".selection [data-act=trash]")?.click()
  }

  #say(words) {
    this.querySelector(":scope > [aria-live]").textContent = words
  }
}
