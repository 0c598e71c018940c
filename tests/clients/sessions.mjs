// A person with supabase-js on several devices: what a client hears, how a session goes on, and how it ends.
import { begun, known, place, told } from "./person.mjs"

const EMAIL = "amina@example.org", PASSWORD = "correct horse battery staple"
const said = {}

function listening(client) {
  const heard = []
  client.auth.onAuthStateChange((event, session) => void heard.push([event, session?.user.email ?? null]))
  return heard
}

async function cases(client) {
  const { data, error, status } = await client.from("cases").select("case_id")
  return error ? [status, error.code] : data.length
}

const desk = place()
const first = begun({ storage: desk })
const heard = listening(first)
const weak = await first.auth.signUp({ email: EMAIL, password: "short" })
said.weak = [weak.error.name, weak.error.status, weak.error.reasons]
const made = await first.auth.signUp({ email: EMAIL, password: PASSWORD, options: { data: { full_name: "Amina" } } })
said.signedUp = [told(made), made.data.user.user_metadata.full_name, made.data.session.token_type]
said.again = told(await first.auth.signUp({ email: EMAIL, password: PASSWORD }))
said.wrong = told(await begun().auth.signInWithPassword({ email: EMAIL, password: "not this one at all" }))

const before = (await first.auth.getSession()).data.session
const changed = await first.auth.updateUser({ data: { full_name: "Amina B.", color: "blue" } })
said.changed = [changed.data.user.user_metadata.full_name, changed.data.user.user_metadata.color]
const refreshed = await first.auth.refreshSession()
const after = refreshed.data.session
said.refreshed = [told(refreshed), after.refresh_token !== before.refresh_token, after.expires_in]
// Another tab that had the older token gets on with the same successor.
const tab = begun()
said.otherTab = [
  told(await tab.auth.refreshSession({ refresh_token: before.refresh_token })),
  (await tab.auth.getSession()).data.session.refresh_token === after.refresh_token,
]
said.nonsense = told(await begun().auth.refreshSession({ refresh_token: "nonsense" }))

// What is kept has run out: a client that is loaded again goes on by itself.
const kept = (await first.auth.getSession()).data.session
await first.auth.dispose?.()
const [key] = [first.auth.storageKey]
desk.setItem(key, JSON.stringify({ ...kept, expires_at: 1 }))
const reloaded = begun({ storage: desk })
const heardReloaded = listening(reloaded)
const renewed = (await reloaded.auth.getSession()).data.session
said.reloaded = [renewed.refresh_token !== kept.refresh_token, renewed.expires_at > Date.now() / 1000, await known(reloaded)]

// A client that renews by itself does so before a token's end.
desk.setItem(key, JSON.stringify({ ...renewed, expires_at: Math.floor(Date.now() / 1000) + 30 }))
const byItself = new Promise((resolve) => void reloaded.auth.onAuthStateChange((event, session) => {
  if (event === "TOKEN_REFRESHED" && session.refresh_token !== renewed.refresh_token) resolve(session)
}))
await reloaded.auth.startAutoRefresh()
said.byItself = told({ data: { session: await byItself, user: (await reloaded.auth.getUser()).data.user } })
await reloaded.auth.stopAutoRefresh()

const claims = await reloaded.auth.getClaims()
const { sub, role, aal, amr, session_id: session, is_anonymous: isAnonymous, email } = claims.data.claims
said.claims = [sub === made.data.user.id, role, aal, amr.map(({ method }) => method), Boolean(session), isAnonymous, email]
const [head, body, signature] = renewed.access_token.split(".")
const forged = [head, Buffer.from(JSON.stringify({ ...claims.data.claims, role: "service_role" })).toString("base64url"), signature]
said.forgedClaims = told(await reloaded.auth.getClaims(forged.join(".")))
said.forgedUser = told(await reloaded.auth.getUser(forged.join(".")))

const identities = await reloaded.auth.getUserIdentities()
said.identities = identities.data.identities.map(({ provider, identity_data: its }) => [provider, its.email])
const [only] = identities.data.identities
said.lastIdentity = told(await reloaded.auth.unlinkIdentity(only))

async function signedIn() {
  const client = begun()
  const { error } = await client.auth.signInWithPassword({ email: EMAIL, password: PASSWORD })
  if (error) throw error
  return client
}

const [second, third] = [await signedIn(), await signedIn()]
said.others = [
  (await second.auth.signOut({ scope: "others" })).error, await known(second), await known(third), await known(reloaded),
]
const [fourth, fifth] = [await signedIn(), await signedIn()]
const left = (await fourth.auth.getSession()).data.session
said.local = [
  (await fourth.auth.signOut({ scope: "local" })).error, await known(fourth), told(await begun().auth.getUser(left.access_token)),
  await known(second), await known(fifth),
]
said.beforeEnd = await cases(fifth)
const heardSecond = listening(second)
said.global = [
  (await second.auth.signOut()).error, await known(second), await cases(fifth), await known(fifth),
  told(await begun().auth.refreshSession(left)),
]
said.twice = (await second.auth.signOut()).error
said.changedOut = told(await second.auth.updateUser({ data: {} }))
said.heard = heard
said.heardReloaded = heardReloaded
said.heardSecond = heardSecond
console.log(JSON.stringify(said))
process.exit(0)
