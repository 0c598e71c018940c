// A person's browser at document 003's portal: its client as printed signs in with a password and lands with links,
// and its middleware and page know the person by the cookies that the client wrote.
import { register } from "node:module"
import { mail, opened, told } from "./person.mjs"

register("./hooks.mjs", import.meta.url)
const SITE = "https://portal.example"
const { EMAIL, PASSWORD } = process.env
const from = (path) => import(new URL(path, import.meta.url))
const { jar } = await from("next/headers.mjs")
const { NextRequest } = await from("next/server.mjs")

// What a client asks of a browser: its cookies, where it is, and storage that outlives no page here.
const document = {
  visibilityState: "visible", addEventListener () {}, removeEventListener () {},
  get cookie () { return [...jar].map((pair) => pair.join("=")).join("; ") },
  set cookie (line) {
    const [, name, value, rest] = line.match(/^([^=]+)=([^;]*)(.*)$/)
    if (/max-age=0\b/i.test(rest)) jar.delete(name)
    else jar.set(name, value)
  },
}
const window = { document, location: new URL(SITE), addEventListener () {}, removeEventListener () {} }
window.history = { state: null, replaceState: (_state, _title, to) => { window.location = new URL(to, SITE) } }
Object.assign(globalThis, { window, document })

const { createClient } = await from("documents/003/src/lib/supabase/client.ts")
const { middleware } = await from("documents/003/src/middleware.ts")

async function letIn() {
  const answer = await middleware(new NextRequest(`${SITE}/(portal)/dashboard`, { cookies: new Map(jar) }))
  return answer.headers.get("location") ?? "on"
}

const said = {}
const client = createClient()
const heard = []
client.auth.onAuthStateChange((event) => void heard.push(event))
said.before = await letIn()
said.signedIn = [told(await client.auth.signInWithPassword({ email: EMAIL, password: PASSWORD })), await letIn()]
said.signedOut = [(await client.auth.signOut()).error, await letIn(), jar.size]
said.asked = told(await client.auth.signInWithOtp({ email: EMAIL, options: { emailRedirectTo: `${SITE}/in` } }))
const back = await opened((await mail(EMAIL)).link)
said.back = [back.origin + back.pathname, [...back.searchParams.keys()]]
said.exchanged = [told(await client.auth.exchangeCodeForSession(back.searchParams.get("code"))), await letIn()]
await client.auth.signOut({ scope: "local" })
said.forgotten = told(await client.auth.resetPasswordForEmail(EMAIL, { redirectTo: `${SITE}/reset` }))
const reset = await opened((await mail(EMAIL)).link)
const recovered = await client.auth.exchangeCodeForSession(reset.searchParams.get("code"))
said.recovered = [told(recovered), reset.pathname, await letIn()]
said.changed = told(await client.auth.updateUser({ password: "quite another long phrase" }))
said.after = [await letIn(), (await client.auth.signOut()).error, await letIn()]
said.heard = heard
console.log(JSON.stringify(said))
process.exit(0)
