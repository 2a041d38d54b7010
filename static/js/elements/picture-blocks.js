// The gallery's list: blocks of justified rows, fetched in both directions while one scrolls. Only blocks near the view hold pictures,
// so that a list of any length stays light; the address always says where one is.

import { rowHeight } from "../helpers/density.js"
import { parseFragment } from "../helpers/fragments.js"
import { GalleryBlock } from "../helpers/gallery-block.js"
import { readPlace, withPlace } from "../helpers/gallery-place.js"
import { session } from "../helpers/session.js"

const MOST_TILES = 400
const REST = 250 // ms without scrolling until the address is written
const PAUSE = 3000 // ms until what could not be fetched is asked for again

export class PictureBlocks extends HTMLElement {
  #blocks = []
  #width = 0
  #restoring = null
  #loading = new Set()
  #frame = 0
  #rest = 0
  #resizes = new ResizeObserver(() => this.#resized())
  #changes = new MutationObserver(() => this.#listChanged())

  connectedCallback() {
    history.scrollRestoration = "manual"
    this.#holder = this.querySelector(".gallery-blocks")
    this.querySelector(".gallery-more")?.remove() // without this script it leads on
    this.#blocks = [...this.#holder.children].map(element => this.#blockOf(element))
    const { at, by } = readPlace(location.href)
    if (at && at === this.#blocks[0]?.first) this.#restoring = { block: this.#blocks[0], by }
    this.#hasEarlier = this.#blocks[0]?.element.hasAttribute("data-preceded") ?? false
    this.#layOut()
    this.#resizes.observe(this)
    addEventListener("density:change", this.#densityChanged)
    addEventListener("scroll", this.#scrolled, { passive: true })
    addEventListener("click", this.#writePlace, { capture: true }) // it may lead away
    for (const type of ["wheel", "touchmove", "keydown", "pointerdown"]) addEventListener(type, this.#taken, { passive: true })
    this.#update()
  }

  disconnectedCallback() {
    this.#resizes.disconnect()
    this.#changes.disconnect()
    removeEventListener("density:change", this.#densityChanged)
    removeEventListener("scroll", this.#scrolled)
    removeEventListener("click", this.#writePlace, { capture: true })
    for (const type of ["wheel", "touchmove", "keydown", "pointerdown"]) removeEventListener(type, this.#taken)
    cancelAnimationFrame(this.#frame)
    clearTimeout(this.#rest)
  }

  #holder = null
  #hasEarlier = false

  #blockOf(element) {
    const block = new GalleryBlock(element)
    block.isLast = !element.hasAttribute("data-followed")
    this.#changes.observe(block.list, { childList: true })
    return block
  }

  // Whoever scrolls by themselves is where they want to be.
  #taken = () => (this.#restoring = null)

  // ── Layout ──────────────────────────────────────────────────────────────────────────────────────────────────────────

  get #room() {
    return {
      width: this.#width,
      target: rowHeight(this.#width),
      gap: parseFloat(getComputedStyle(this.#holder).rowGap) || 0,
    }
  }

  #layOut() {
    this.#width = Math.floor(this.clientWidth)
    if (!this.#width) return
    const room = this.#room
    for (const block of this.#blocks) block.layOut(room)
    this.dataset.laid = ""
    this.#restore()
  }

  #resized() {
    if (Math.floor(this.clientWidth) !== this.#width) this.#kept(() => this.#layOut())
  }

  #densityChanged = () => this.#kept(() => this.#layOut())

  // A picture was taken out of the list, to the trash.
  #listChanged() {
    const room = this.#room
    for (const block of this.#blocks) if (!block.isEmpty && block.count !== block.laidCount) block.layOut(room)
    this.#schedule()
  }

  // What was on top stays where it was, whatever `change` does above it.
  #kept(change) {
    const anchor = this.#topItem()
    const top = anchor?.getBoundingClientRect().top
    change()
    if (anchor?.isConnected && scrollY > 0) scrollBy({ top: anchor.getBoundingClientRect().top - top, behavior: "instant" })
    this.#update()
  }

  #topItem() {
    const edge = this.#edge
    const block = this.#blocks.find(each => !each.isEmpty && each.element.getBoundingClientRect().bottom > edge)
    return block?.items.find(item => item.getBoundingClientRect().bottom > edge) ?? block?.element
  }

  // The lower edge of the header, under which the list scrolls away.
  get #edge() {
    return document.querySelector(".header")?.getBoundingClientRect().bottom ?? 0
  }

  // ── Place ───────────────────────────────────────────────────────────────────────────────────────────────────────────

  #restore() {
    if (!this.#restoring) return
    const { block, by } = this.#restoring
    const place = scrollY + block.element.getBoundingClientRect().top + by - this.#edge
    // The page may be too short as yet for the place to be reached.
    this.style.minBlockSize = `${Math.max(0, place + innerHeight - this.offsetTop)}px`
    scrollTo({ top: place, behavior: "instant" })
  }

  #scrolled = () => {
    this.#schedule()
    clearTimeout(this.#rest)
    this.#rest = setTimeout(this.#writePlace, REST)
  }

  #writePlace = () => {
    if (!this.isConnected) return
    const edge = this.#edge
    const block = this.#blocks.find(each => each.element.getBoundingClientRect().bottom > edge)
    if (!block) return
    const by = edge - block.element.getBoundingClientRect().top
    const isTop = block === this.#blocks[0] && !this.#hasEarlier && by < 1
    const address = withPlace(location.href, isTop ? {} : { at: block.first, by })
    if (address !== location.href) history.replaceState(history.state, "", address)
  }

  // ── What is in the page ─────────────────────────────────────────────────────────────────────────────────────────────

  #schedule() {
    this.#frame ||= requestAnimationFrame(() => {
      this.#frame = 0
      this.#update()
    })
  }

  #update() {
    if (!this.#width || !this.#blocks.length) return
    const spans = this.#blocks.map(block => {
      const { top, bottom } = block.element.getBoundingClientRect()
      return { block, distance: Math.max(0, top - innerHeight, -bottom) }
    })
    this.#hold(spans)
    const [first, last] = [spans[0], spans.at(-1)]
    if (last.block.isLast) this.style.minBlockSize = ""
    if (this.#hasEarlier && first.distance < innerHeight) this.#fetchEarlier(first.block)
    if (!last.block.isLast && last.distance < 2 * innerHeight) this.#fetchLater(last.block)
  }

  // The nearest blocks hold their pictures, as many as the page may; the one with the focus always does.
  #hold(spans) {
    let room = MOST_TILES
    const near = spans.filter(({ distance }) => distance < innerHeight)
    const sorted = near.sort((one, other) => one.distance - other.distance)
    const held = new Set()
    for (const { block, distance } of sorted) {
      const size = block.laidCount
      if (distance > 0 && size > room) break
      room -= size
      held.add(block)
    }
    for (const block of this.#blocks) {
      if (held.has(block)) this.#refill(block)
      else if (!block.isEmpty && !block.element.contains(document.activeElement)) block.release()
    }
  }

  async #refill(block) {
    if (!block.isEmpty || !block.laidCount) return
    const fresh = await this.#fetched({ at: block.first, to: block.last })
    if (!fresh || !block.isEmpty) return
    block.fill(fresh)
    this.#arrived(block)
    this.#kept(() => block.layOut(this.#room))
  }

  async #fetchLater(last) {
    const fresh = await this.#fetched({ after: last.last })
    if (!fresh || this.#blocks.at(-1) !== last) return
    const block = fresh.querySelector("li") && this.#blockOf(fresh)
    if (!block) last.isLast = true
    else this.#blocks.push(block), this.#holder.append(fresh)
    const room = this.#room
    last.layOut(room)
    block?.layOut(room)
    if (block) this.#arrived(block)
    if (this.#restoring) this.#restore()
    this.#schedule()
  }

  async #fetchEarlier(first) {
    const fresh = await this.#fetched({ before: first.first })
    if (!fresh || this.#blocks[0] !== first) return
    this.#hasEarlier = fresh.hasAttribute("data-preceded")
    if (fresh.querySelector("li")) {
      const block = this.#blockOf(fresh)
      this.#blocks.unshift(block)
      const top = first.element.getBoundingClientRect().top
      this.#holder.prepend(fresh)
      block.layOut(this.#room)
      this.#arrived(block)
      if (this.#restoring) this.#restore()
      else scrollBy({ top: first.element.getBoundingClientRect().top - top, behavior: "instant" })
    }
    this.#schedule()
  }

  // A block's element; null where it is on its way already or did not arrive.
  async #fetched(places) {
    const url = new URL(this.dataset.address, location.href)
    for (const [name, value] of Object.entries(places)) url.searchParams.set(name, value)
    if (this.#loading.has(url.href)) return null
    this.#loading.add(url.href)
    const answer = await session.send(url.href, { headers: { "HX-Request": "true" } }).catch(() => null)
    if (!answer?.ok) {
      setTimeout(() => { this.#loading.delete(url.href); this.#schedule() }, PAUSE)
      return null
    }
    const fresh = parseFragment(await answer.text()).firstElementChild
    this.#loading.delete(url.href)
    return this.isConnected && fresh ? document.adoptNode(fresh) : null
  }

  #arrived(block) {
    block.element.dispatchEvent(new CustomEvent("gallery:arrived", { bubbles: true }))
  }
}
