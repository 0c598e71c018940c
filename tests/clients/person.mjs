// What programs of a person at a client share: a client that keeps its session, the mails that came, and what is told.
import { execFileSync } from "node:child_process"
import { setTimeout as wait } from "node:timers/promises"
import { createClient } from "@supabase/supabase-js"
import WebSocket from "ws"

// supabase-js refuses to start where there is none, also when nobody listens.
globalThis.WebSocket ??= WebSocket
export const { ADDRESS, ANON_KEY, SERVICE_KEY } = process.env
const { PYTHON, READ_MAIL, MAILS } = process.env

// A place to keep a session in; who is given the same place finds it again, as after a reload.
export function place() {
  const kept = new Map()
  return {
    getItem: (key) => kept.get(key) ?? null,
    setItem: (key, value) => void kept.set(key, value),
    removeItem: (key) => void kept.delete(key),
  }
}

export function begun({ flowType = "implicit", key = ANON_KEY, storage = place(), ...options } = {}) {
  return createClient(ADDRESS, key, {
    ...options,
    auth: { flowType, storage, autoRefreshToken: false, detectSessionInUrl: false },
  })
}

const read = new Set()

// The next mail to an address that was not read yet and brings a link or digits.
export async function mail(to) {
  for (let tries = 0; tries < 100; tries++) {
    const found = JSON.parse(execFileSync(PYTHON, [READ_MAIL, MAILS], { encoding: "utf8" }))
    const next = found.find((each) => each.to === to && !read.has(each.name) && (each.link || each.code))
    if (next) {
      read.add(next.name)
      return next
    }
    await wait(100)
  }
  throw new Error(`no mail came to ${to}`)
}

// Where a browser ends that opens the link; the server of a test is not at its configured address.
export async function opened(link) {
  const { pathname, search } = new URL(link)
  const answer = await fetch(ADDRESS + pathname + search, { redirect: "manual" })
  return new URL(answer.headers.get("location"))
}

// The session behind the `#` of where a browser ended, taken over by a client.
export function landed(client, address) {
  const given = new URLSearchParams(address.hash.slice(1))
  return client.auth.setSession({
    access_token: given.get("access_token"), refresh_token: given.get("refresh_token"),
  })
}

// Whose account came back and whether a session came with it, or why neither did.
export function told({ data, error }) {
  return error ? [error.status, error.code] : [data?.user?.email ?? null, Boolean(data?.session)]
}

// Whether the server takes this client for somebody, asked in two places.
export async function known(client) {
  const { data, error } = await client.auth.getUser()
  return data.user?.email ?? error.code ?? error.name
}
