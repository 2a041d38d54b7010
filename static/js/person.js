// Stops a page that the browser kept of somebody who is not signed in there any more, before anything of it is shown, and asks
// for it anew. Not a module, for those run when the page has been read. It asks once: without cookies, a page is what it is.

(() => {
  const KEY = "easel:asked-anew"
  const made = document.querySelector("meta[name='person']").content
  const here = /(?:^|;\s*)person=([^;]*)/.exec(document.cookie)?.[1] ?? ""
  try {
    const asked = sessionStorage.getItem(KEY)
    sessionStorage.removeItem(KEY)
    if (!made || made === here || asked === made) return
    sessionStorage.setItem(KEY, made)
  } catch {
    return
  }
  window.stop()
  location.reload()
})()
