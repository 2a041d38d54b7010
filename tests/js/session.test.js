import assert from "node:assert/strict"
import { test } from "node:test"

import { Session } from "../../static/js/helpers/session.js"

/** A studio that knows who is signed in, refuses everybody else, and writes down what it was sent. */
class Studio {
  person = "ben"
  token = "one"
  sent = []

  fetch = async (address, { headers, method = "GET" } = {}) => {
    if (address === "/session/") return { ok: true, status: 200, json: async () => ({ person: this.person, token: this.token }) }
    this.sent.push({ address, ...headers })
    if (headers["X-Person"] !== this.person) return { ok: false, status: 401, url: address }
    if (method !== "GET" && headers["X-CSRFToken"] !== this.token) return { ok: false, status: 403, url: address }
    return { ok: true, status: 204, url: address }
  }
}

function sessionOf(studio, owner = "ben") {
  return new Session({ owner, token: "one", address: "/session/", signInPath: "/accounts/login/", fetch: studio.fetch })
}

const settled = () => new Promise(resolve => setTimeout(resolve))

test("a request that is refused for its old token is sent once more with a new one", async () => {
  const studio = new Studio()
  const session = sessionOf(studio)
  studio.token = "two"
  assert.equal((await session.send("/drafts/", { method: "PUT" })).status, 204)
  assert.deepEqual(studio.sent.map(sent => sent["X-CSRFToken"]), ["one", "two"])
})

test("whoever is signed out is asked once, and every request goes on when they are back", async () => {
  const studio = new Studio()
  const session = sessionOf(studio)
  let asked = 0
  session.addEventListener("signin", () => (asked += 1))
  studio.person = ""
  const both = Promise.all([session.send("/a/", { method: "POST" }), session.send("/b/")])
  await settled()
  assert.equal(asked, 1)
  assert.ok(session.isSigningIn)
  Object.assign(studio, { person: "ben", token: "two" })
  assert.equal(await session.check(), true)
  assert.deepEqual((await both).map(answer => answer.status), [204, 204])
  assert.ok(!session.isSigningIn)
})

test("when somebody else signs in the page is over, and nothing of it is sent again", async () => {
  const studio = new Studio()
  const session = sessionOf(studio)
  let isOver = false
  session.addEventListener("over", () => (isOver = true))
  studio.person = "cleo"
  let isAnswered = false
  session.send("/a/", { method: "POST" }).then(() => (isAnswered = true))
  await settled()
  assert.ok(isOver)
  assert.ok(!isAnswered)
  assert.equal(studio.sent.length, 1)
})

test("a refusal that is not about the session is handed on", async () => {
  const session = sessionOf(new Studio())
  session.fetch = async address => (address === "/session/" ? { ok: true, json: async () => ({ person: "ben", token: "one" }) } : { status: 403, url: address })
  assert.equal((await session.send("/forbidden/", { method: "POST" })).status, 403)
})

test("a redirect to the sign-in page is a refusal, a redirect elsewhere is none", () => {
  const session = sessionOf(new Studio())
  assert.ok(session.isRefusal({ status: 200, url: "http://localhost/accounts/login/?next=/" }))
  assert.ok(!session.isRefusal({ status: 200, url: "http://localhost/gallery/" }))
})

test("a form's own old token is replaced too", async () => {
  const studio = new Studio()
  const session = sessionOf(studio)
  studio.token = "two"
  const body = new URLSearchParams({ csrfmiddlewaretoken: "one" })
  await session.send("/duplicates/", { method: "POST", body })
  assert.equal(body.get("csrfmiddlewaretoken"), "two")
})

test("the page of nobody only gets its token renewed", async () => {
  const studio = new Studio()
  const session = sessionOf(studio, "")
  studio.token = "two"
  assert.equal(await session.check(), true)
  assert.equal(session.token, "two")
  assert.ok(!session.isOver)
})
