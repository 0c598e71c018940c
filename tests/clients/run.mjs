// Runs what the documents print with the clients they print it for, and tells what came out.
//
// Standard input: {"steps": [...], "scope": {...}} with steps of four kinds, each with "replacing", which fills in
// what a document leaves to its reader:
//   {"client": "001/client.ts"}                            makes `supabase`
//   {"snippet": "001/fetch_patients.ts", "gives": [names]}  runs it with all names of the scope that it does not declare
//   {"page": "003/…/page.tsx", "signedInAs": {…}}           renders it with that person's session in the cookies, or
//                                                          "calls" another of its functions, "using" values, or
//                                                          "posts" a form to it, and reads what it answers
//   {"file": "name", "holds": text, "type": type}           makes a Blob of that name for the steps after it
// Standard output: a JSON list with what each step gave.
import { register } from 'node:module'
import WebSocket from 'ws'

register('./hooks.mjs', import.meta.url)
// supabase-js refuses to start where there is none, also when nobody listens.
globalThis.WebSocket ??= WebSocket

const chunks = []
for await (const chunk of process.stdin) chunks.push(chunk)
const { steps, scope } = JSON.parse(Buffer.concat(chunks).toString('utf8'))
const known = { ...scope }
const told = []

function document (path, number, { replacing = {}, ...given }) {
  const url = new URL(`documents/${path}`, import.meta.url)
  url.search = new URLSearchParams({ number, replacing: JSON.stringify(Object.entries(replacing)), ...given })
  return import(url)
}

async function snippet ({ snippet: path, gives = [], replacing }, number) {
  const takes = Object.keys(known).filter((name) => !gives.includes(name))
  const { default: run } = await document(path, number, { replacing, takes, gives })
  return run(known)
}

async function signIn (account) {
  const { createServerSupabase } = await import(new URL('documents/003/src/lib/supabase/server.ts', import.meta.url))
  const { error } = await (await createServerSupabase()).auth.signInWithPassword(account)
  if (error) throw error
}

async function posted (form) {
  const { NextRequest } = await import('./next/server.mjs')
  const body = new FormData()
  for (const [name, value] of Object.entries(form)) {
    body.append(name, value.holds === undefined ? value : new File([value.holds], value.name, { type: value.type }))
  }
  return new NextRequest('http://localhost:3000/', { method: 'POST', body })
}

async function page ({ page: path, calls = 'default', using = [], posts, signedInAs }) {
  if (signedInAs) await signIn(signedInAs)
  const { [posts ? 'POST' : calls]: run } = await import(new URL(`documents/${path}`, import.meta.url))
  try {
    const read = await run(...(posts ? [await posted(posts)] : using))
    return read instanceof Response ? { status: read.status, read: await read.json() } : { read }
  } catch (error) {
    if (error.constructor.name !== 'Redirected') throw error
    return { redirected: error.message }
  }
}

for (const [number, step] of steps.entries()) {
  if (step.client) {
    known.supabase = (await document(step.client, number, { gives: 'supabase' })).supabase
    told.push({})
  } else if (step.file) {
    known[step.file] = new Blob([step.holds], { type: step.type })
    told.push({})
  } else {
    const given = step.page ? await page(step) : await snippet(step, number)
    Object.assign(known, given)
    told.push(given)
  }
}
console.log(JSON.stringify(told))
process.exit(0)
