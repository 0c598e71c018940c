// A program with the service key: makes, finds, changes, bans and removes accounts with supabase-js.
import { SERVICE_KEY, begun, known, told } from "./person.mjs"

const PASSWORD = "correct horse battery staple", OTHER = "quite another long phrase"
const said = {}
const { admin } = begun({ key: SERVICE_KEY }).auth

async function signedIn(email, password = PASSWORD) {
  const client = begun()
  return [client, told(await client.auth.signInWithPassword({ email, password }))]
}

async function role(client) {
  const { data, error } = await client.auth.getClaims()
  return error ? error.code ?? error.name : data?.claims.app_metadata.role ?? null
}

const made = await admin.createUser({
  email: "nadia@example.org", password: PASSWORD, email_confirm: true,
  user_metadata: { full_name: "Nadia" }, app_metadata: { role: "nurse" },
})
const { id } = made.data.user
said.made = [told(made), made.data.user.user_metadata, made.data.user.app_metadata, Boolean(made.data.user.email_confirmed_at)]
said.again = told(await admin.createUser({ email: "NADIA@example.org", password: PASSWORD }))
said.weak = (await admin.createUser({ email: "weak@example.org", password: "short" })).error.code
said.nobody = told(await admin.createUser({}))
said.unconfirmed = told(await admin.createUser({ email: "omar@example.org", password: PASSWORD }))
said.unconfirmedIn = (await signedIn("omar@example.org"))[1]
for (const name of ["a", "b", "c"]) await admin.createUser({ email: `${name}@example.org`, email_confirm: true })

const pages = [await admin.listUsers({ page: 1, perPage: 2 }), await admin.listUsers({ page: 3, perPage: 2 })]
said.pages = pages.map(({ data }) => [data.users.map(({ email }) => email), data.total, data.nextPage, data.lastPage])
said.all = (await admin.listUsers()).data.users.length
said.read = told(await admin.getUserById(id))
said.unknown = told(await admin.getUserById("00000000-0000-4000-8000-000000000000"))
said.noId = await admin.getUserById("nonsense").catch((error) => error.message.slice(0, 20))

const [nadia, came] = await signedIn("nadia@example.org")
said.came = [came, await role(nadia)]
said.renamed = (await admin.updateUserById(id, { user_metadata: { full_name: "Nadia K.", badge: 7 } })).data.user.user_metadata
said.banned = [
  told(await admin.updateUserById(id, { ban_duration: "24h" })), await known(nadia),
  told(await nadia.auth.refreshSession()), (await signedIn("nadia@example.org"))[1],
]
said.unbanned = [told(await admin.updateUserById(id, { ban_duration: "none" })), (await signedIn("nadia@example.org"))[1]]
const moved = await admin.updateUserById(id, { email: "nadia.k@example.org", email_confirm: true, password: OTHER })
said.moved = [told(moved), (await signedIn("nadia@example.org"))[1], (await signedIn("nadia.k@example.org", OTHER))[1]]
const [again] = await signedIn("nadia.k@example.org", OTHER)
said.role = (await admin.updateUserById(id, { app_metadata: { role: "specialist" } })).data.user.app_metadata.role
said.roleUnknown = told(await admin.updateUserById(id, { app_metadata: { role: "king" } }))
said.roleOfSession = [await known(again), await role(again), told(await again.auth.refreshSession())]
said.roleOfNext = await role((await signedIn("nadia.k@example.org", OTHER))[0])

const [device] = await signedIn("nadia.k@example.org", OTHER)
const enrolled = await device.auth.mfa.enroll({ factorType: "totp", friendlyName: "phone" })
const factors = await admin.mfa.listFactors({ userId: id })
said.factors = factors.data.factors.map(({ factor_type, status, friendly_name }) => [factor_type, status, friendly_name])
said.removedFactor = [
  (await admin.mfa.deleteFactor({ userId: id, id: enrolled.data.id })).error,
  (await admin.mfa.listFactors({ userId: id })).data.factors,
]
const token = (await device.auth.getSession()).data.session.access_token
said.signedOut = [(await admin.signOut(token, "global")).error, await known(device)]

const [person] = await signedIn("nadia.k@example.org", OTHER)
const bearer = (await person.auth.getSession()).data.session.access_token
const asPerson = begun({ global: { headers: { Authorization: `Bearer ${bearer}` } } }).auth.admin
const list = async (by) => told(await by.listUsers())
said.refused = [await list(begun().auth.admin), await list(asPerson), told(await asPerson.deleteUser(id)),
  told(await asPerson.generateLink({ type: "recovery", email: "omar@example.org" }))]

const viewer = await admin.oauth.createClient({ client_name: "Viewer", redirect_uris: ["https://viewer.example/back"] })
const { client_id: its, client_secret: secret } = viewer.data
const renamed = await admin.oauth.updateClient(its, { client_name: "Reader" })
const fresh = await admin.oauth.regenerateClientSecret(its)
const listed = await admin.oauth.listClients()
said.programs = [
  viewer.data.client_name, renamed.data.client_name, fresh.data.client_secret !== secret,
  listed.data.clients.map(({ client_name: name, client_secret: told }) => [name, told ?? null]), listed.data.total,
  (await admin.oauth.deleteClient(its)).error, told(await admin.oauth.getClient(its)),
]

said.deleted = [
  (await admin.deleteUser(id)).error, told(await admin.getUserById(id)), await known(person),
  (await signedIn("nadia.k@example.org", OTHER))[1], told(await admin.deleteUser(id)),
]
const soft = (await admin.createUser({ email: "soft@example.org", password: PASSWORD, email_confirm: true })).data.user
said.soft = [(await admin.deleteUser(soft.id, true)).error, (await signedIn("soft@example.org"))[1],
  told(await admin.createUser({ email: "soft@example.org", password: PASSWORD, email_confirm: true }))]
console.log(JSON.stringify(said))
process.exit(0)
