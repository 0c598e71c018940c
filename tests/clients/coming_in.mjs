// A person with supabase-js: signs up, confirms, comes in by digits and by links, recovers, changes password and address.
import { execFileSync } from "node:child_process"
import { setTimeout as wait } from "node:timers/promises"
import { createClient } from "@supabase/supabase-js"
import WebSocket from "ws"

globalThis.WebSocket ??= WebSocket
const { ADDRESS, ANON_KEY, PYTHON, READ_MAIL, MAILS } = process.env
const OLD = "amina@example.org", NEW = "amina.ba@example.org"
const SITE = "http://localhost:8000"
const FIRST = "correct horse battery staple", SECOND = "quite another long phrase", THIRD = "a third one, longer yet"

function begun(flowType) {
  const kept = new Map()
  const storage = {
    getItem: (key) => kept.get(key) ?? null,
    setItem: (key, value) => void kept.set(key, value),
    removeItem: (key) => void kept.delete(key),
  }
  const auth = { flowType, storage, autoRefreshToken: false, detectSessionInUrl: false }
  return createClient(ADDRESS, ANON_KEY, { auth })
}

const read = new Set()

// The next mail to an address that was not read yet: its link and its digits.
async function mail(to) {
  for (let tries = 0; tries < 100; tries++) {
    const found = JSON.parse(execFileSync(PYTHON, [READ_MAIL, MAILS], { encoding: "utf8" }))
    const next = found.find((each) => each.to === to && !read.has(each.name))
    if (next) {
      read.add(next.name)
      return next
    }
    await wait(100)
  }
  throw new Error(`no mail came to ${to}`)
}

// Where a browser ends that opens the link; the server of a test is not at its configured address.
async function opened(link) {
  const { pathname, search } = new URL(link)
  const answer = await fetch(ADDRESS + pathname + search, { redirect: "manual" })
  return new URL(answer.headers.get("location"))
}

// Our own page behind a link as a browser without scripts meets it: its cookies, and its form.
async function shown(address) {
  const cookies = new Map()
  const asked = async (path, more = {}) => {
    const cookie = [...cookies].map((each) => each.join("=")).join("; ")
    const answer = await fetch(ADDRESS + path, { redirect: "manual", ...more, headers: { cookie, accept: "text/html" } })
    for (const each of answer.headers.getSetCookie()) cookies.set(...each.split(";")[0].split(/=(.*)/s, 2))
    return answer
  }
  const away = await asked(address.pathname + address.search)
  const page = away.headers.get("location")
  const text = await (await asked(page)).text()
  const form_token = /name="form_token" value="([^"]+)"/.exec(text)[1]
  return { sent: (fields) => asked(page, { method: "POST", body: new URLSearchParams({ form_token, ...fields }) }) }
}

function told({ data, error }) {
  return error ? [error.status, error.code] : [data.user?.email ?? null, Boolean(data.session)]
}

const said = {}
const client = begun("pkce")
const made = await client.auth.signUp({ email: OLD, password: FIRST, options: { data: { name: "Amina" }, emailRedirectTo: SITE } })
said.signedUp = [told(made), made.data.user.identities.length]
said.unconfirmed = told(await client.auth.signInWithPassword({ email: OLD, password: FIRST }))
const confirmed = await opened((await mail(OLD)).link)
said.confirmed = told(await client.auth.exchangeCodeForSession(confirmed.searchParams.get("code")))
said.twice = told(await client.auth.exchangeCodeForSession(confirmed.searchParams.get("code")).catch((error) => ({ error })))
await client.auth.signOut()

said.asked = (await client.auth.signInWithOtp({ email: OLD })).error
const { code } = await mail(OLD)
said.wrong = told(await client.auth.verifyOtp({ email: OLD, token: code === "000000" ? "000001" : "000000", type: "email" }))
said.digits = told(await client.auth.verifyOtp({ email: OLD, token: code, type: "email" }))
await client.auth.signOut()

said.forgotten = (await client.auth.resetPasswordForEmail(OLD, { redirectTo: "https://evil.example/" })).error
const recovered = new URL((await mail(OLD)).link)
said.backAt = recovered.origin + recovered.pathname
said.recovered = told(await client.auth.verifyOtp({ token_hash: recovered.searchParams.get("token"), type: "recovery" }))
said.reset = told(await client.auth.updateUser({ password: SECOND }))
said.toldOfIt = (await mail(OLD)).code
said.oldPassword = told(await client.auth.signInWithPassword({ email: OLD, password: FIRST }))
said.newPassword = told(await client.auth.signInWithPassword({ email: OLD, password: SECOND }))

said.withoutProof = told(await client.auth.updateUser({ password: THIRD }))
await client.auth.reauthenticate()
said.withNonce = told(await client.auth.updateUser({ password: THIRD, nonce: (await mail(OLD)).code }))
await mail(OLD)

const changing = await client.auth.updateUser({ email: NEW })
said.changing = [changing.data.user.email, changing.data.user.new_email]
const half = await client.auth.verifyOtp({ email: NEW, token: (await mail(NEW)).code, type: "email_change" })
said.half = told(half)
said.whole = told(await client.auth.verifyOtp({ email: OLD, token: (await mail(OLD)).code, type: "email_change" }))
await client.auth.signOut()

const browser = begun("implicit")
await browser.auth.signInWithOtp({ email: NEW, options: { emailRedirectTo: SITE } })
const landed = new URLSearchParams((await opened((await mail(NEW)).link)).hash.slice(1))
said.implicit = told(await browser.auth.setSession({
  access_token: landed.get("access_token"), refresh_token: landed.get("refresh_token"),
}))
said.tooSoon = told(await browser.auth.signInWithOtp({ email: NEW }))
said.resent = (await browser.auth.resend({ type: "signup", email: "nobody@example.org" })).error
said.anonymous = told(await browser.auth.signInAnonymously())
// A sign-up without PKCE: the browser that opens the link shows the password that was chosen with it.
const ELSEWHERE = "ngozi@example.org"
const program = begun("implicit")
const options = { data: { name: "Ngozi" }, emailRedirectTo: SITE }
const signedUp = told(await program.auth.signUp({ email: ELSEWHERE, password: FIRST, options }))
const asking = await shown(await opened((await mail(ELSEWHERE)).link))
const wrong = await asking.sent({ password: SECOND })
const home = await asking.sent({ password: FIRST })
const there = new URLSearchParams(new URL(home.headers.get("refresh").replace("0;url=", "")).hash.slice(1))
const arrived = await program.auth.setSession({
  access_token: there.get("access_token"), refresh_token: there.get("refresh_token"),
})
await program.auth.signOut()
const later = await program.auth.signInWithPassword({ email: ELSEWHERE, password: FIRST })
said.elsewhere = [signedUp, wrong.status, there.get("type"), told(arrived), told(later), later.data.user.user_metadata.name]
console.log(JSON.stringify(said))
