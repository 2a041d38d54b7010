// htmx under the session's care: its requests carry whose page this is, and what was refused is issued anew after signing in.

/** Watch the requests htmx makes on this page. */
export function guardHtmx(session) {
  const issued = new WeakMap() // element → "verb path" → how to issue it again
  const repeated = new WeakSet()

  document.addEventListener("htmx:confirm", ({ detail: { elt, verb, path, issueRequest } }) => {
    if (!issued.has(elt)) issued.set(elt, new Map())
    issued.get(elt).set(`${verb} ${path}`, issueRequest)
  })

  document.addEventListener("htmx:configRequest", ({ detail }) => Object.assign(detail.headers, session.headers))

  document.addEventListener("htmx:beforeOnLoad", async event => {
    const { elt, xhr, requestConfig } = event.detail
    if (!session.isRefusal({ status: xhr.status, url: xhr.responseURL })) return repeated.delete(elt)
    event.preventDefault()
    const outcome = await session.renew().catch(() => "unknown")
    if (outcome === "unknown" || (outcome === "same" && repeated.has(elt))) return
    repeated.add(elt)
    issued.get(elt)?.get(`${requestConfig.verb} ${requestConfig.path}`)?.(true)
  })
}
