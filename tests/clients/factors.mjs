// A person of staff with supabase-js: signs in, enrols a second factor, shows it again on another device, removes it.
import { createHmac } from "node:crypto"
import { createClient } from "@supabase/supabase-js"
import WebSocket from "ws"

globalThis.WebSocket ??= WebSocket
const { ADDRESS, ANON_KEY, EMAIL, PASSWORD } = process.env
const ALPHABET = "ABCDEFGHIJKLMNOPQRSTUVWXYZ234567"

function bytesOf(secret) {
  const bits = [...secret].map((sign) => ALPHABET.indexOf(sign).toString(2).padStart(5, "0")).join("")
  return Buffer.from(bits.match(/.{8}/g).map((byte) => parseInt(byte, 2)))
}

function codeOf(secret, away = 0) {
  const counter = Buffer.alloc(8)
  counter.writeBigUInt64BE(BigInt(Math.floor(Date.now() / 30000) + away))
  const digest = createHmac("sha1", bytesOf(secret)).update(counter).digest()
  const at = digest[19] & 15
  return String((digest.readUInt32BE(at) & 0x7fffffff) % 1e6).padStart(6, "0")
}

async function signedIn() {
  const client = createClient(ADDRESS, ANON_KEY, { auth: { persistSession: false, autoRefreshToken: false } })
  const { error } = await client.auth.signInWithPassword({ email: EMAIL, password: PASSWORD })
  if (error) throw error
  return client
}

async function seen(client) {
  const { data, error } = await client.from("cases").select("case_id")
  return error ? error.code : data.length
}

async function level(client) {
  const { data } = await client.auth.mfa.getAuthenticatorAssuranceLevel()
  return [data.currentLevel, data.nextLevel, data.currentAuthenticationMethods.map(({ method }) => method)]
}

const told = {}
const first = await signedIn()
told.below = [await level(first), await seen(first)]
const enrolled = await first.auth.mfa.enroll({ factorType: "totp", friendlyName: "phone" })
told.enrolled = [enrolled.error, enrolled.data.type, enrolled.data.totp.qr_code.slice(0, 31)]
const { id: factorId, totp } = enrolled.data
const { data: challenge } = await first.auth.mfa.challenge({ factorId })
const wrong = await first.auth.mfa.verify({ factorId, challengeId: challenge.id, code: "12345x" })
told.wrong = [wrong.error.status, wrong.error.code]
const right = await first.auth.mfa.verify({ factorId, challengeId: challenge.id, code: codeOf(totp.secret, -1) })
told.raised = [right.error, await level(first), await seen(first)]

const second = await signedIn()
told.elsewhere = [await level(second), await seen(second)]
const shown = await second.auth.mfa.challengeAndVerify({ factorId, code: codeOf(totp.secret) })
told.shown = [shown.error, await level(second), await seen(second)]

const sheet = await second.auth.mfa.enroll({ factorType: "totp", friendlyName: "another" })
await second.auth.mfa.unenroll({ factorId: sheet.data.id })
const { data: listed } = await second.auth.mfa.listFactors()
told.listed = [listed.all.length, listed.totp.map(({ friendly_name, status }) => [friendly_name, status])]

const removed = await second.auth.mfa.unenroll({ factorId })
told.removed = [removed.error, await seen(second)]
// The client asks whose the token of before is, and goes on.
told.still = [(await second.auth.getUser()).data.user?.email ?? null, Boolean((await second.auth.getSession()).data.session)]
await second.auth.refreshSession()
told.lowered = [await level(second), await seen(second)]
console.log(JSON.stringify(told))
