// A browser at document 003's portal: its middleware, its page and its server's client, as printed, with one jar of cookies.
import { register } from "node:module"
import WebSocket from "ws"

register("./hooks.mjs", import.meta.url)
globalThis.WebSocket ??= WebSocket
const SITE = "https://portal.example"
const { EMAIL, PASSWORD } = process.env
const from = (path) => import(new URL(path, import.meta.url))
const { jar } = await from("next/headers.mjs")
const { NextRequest } = await from("next/server.mjs")
const { Redirected } = await from("next/navigation.mjs")
const { middleware } = await from("documents/003/src/middleware.ts")
const { createServerSupabase } = await from("documents/003/src/lib/supabase/server.ts")
const { default: page } = await from("documents/003/src/app/(portal)/dashboard/page.tsx")
const ours = /-auth-token/

// One request: what the middleware says, and the cookies that it set, as the browser keeps them. Two requests at
// once leave with the same cookies.
async function asked(path, cookies = jar) {
  const answer = await middleware(new NextRequest(SITE + path, { cookies: new Map(cookies) }))
  const set = answer.cookies.getAll()
  for (const { name, value, options } of set) options.maxAge === 0 || value === "" ? jar.delete(name) : jar.set(name, value)
  return { went: answer.headers.get("location") ?? "on", set: set.filter(({ name }) => ours.test(name)) }
}

async function shown() {
  try {
    return (await page()).split("\n").filter((line) => /Welcome|MRN/.test(line))
  } catch (error) {
    if (error instanceof Redirected) return error.message
    throw error
  }
}

// The session as it lies in the cookies, which @supabase/ssr may have cut into several.
function session() {
  const parts = [...jar].filter(([name]) => ours.test(name)).sort(([a], [b]) => a.localeCompare(b, "en", { numeric: true }))
  return JSON.parse(Buffer.from(parts.map(([, value]) => value).join("").replace("base64-", ""), "base64url"))
}

// As if the token's hour were over: what the cookies say of its end lies in the past.
function runOut() {
  const names = [...jar.keys()].filter((name) => ours.test(name))
  const [name] = names[0].split(".")
  const text = `base64-${Buffer.from(JSON.stringify({ ...session(), expires_at: 1 })).toString("base64url")}`
  const parts = text.match(/.{1,3000}/g)
  for (const each of names) jar.delete(each)
  parts.forEach((part, at) => jar.set(parts.length === 1 ? name : `${name}.${at}`, part))
}

const said = {}
said.before = [(await asked("/(portal)/dashboard")).went, (await asked("/login")).went, await shown()]

const server = await createServerSupabase()
const wrong = await server.auth.signInWithPassword({ email: EMAIL, password: "not this one at all" })
said.wrong = [wrong.error.code, jar.size]
said.signedIn = (await server.auth.signInWithPassword({ email: EMAIL, password: PASSWORD })).error
const came = await asked("/(portal)/dashboard")
said.came = [came.went, came.set.length, await shown()]

const first = session()
runOut()
const late = await asked("/(portal)/dashboard")
const second = session()
said.late = [
  late.went, late.set.some(({ value }) => value), second.refresh_token !== first.refresh_token, second.expires_at > Date.now() / 1000,
  [...new Set(late.set.filter(({ value }) => value).map(({ options }) => [options.path, options.sameSite].join(" ")))], await shown(),
]

// Two tabs ask at once with the same cookies, whose token has run out.
runOut()
const cookies = new Map(jar)
const tabs = await Promise.all([asked("/(portal)/dashboard", cookies), asked("/(portal)/records", cookies)])
said.tabs = [...tabs.map(({ went }) => went), session().refresh_token !== second.refresh_token, await shown()]

const stolen = new Map(jar)
said.signedOut = [(await (await createServerSupabase()).auth.signOut()).error, [...jar.keys()].filter((name) => ours.test(name))]
said.after = [(await asked("/(portal)/dashboard")).went, await shown()]
said.stolen = (await asked("/(portal)/dashboard", stolen)).went
// A group of routes is no part of an address, so the printed comparison does not meet the page's own address.
said.printed = (await asked("/dashboard")).went
console.log(JSON.stringify(said))
process.exit(0)
