// A person of a hospital's own directory with supabase-js: comes in there, links a second identity, and lets it go.
import { ADDRESS, begun, told } from "./person.mjs"

const { ID_TOKEN, OTHER_ID_TOKEN } = process.env
const cookies = new Map()
const said = {}

function keeping(answer) {
  for (const line of answer.headers.getSetCookie()) {
    const [, name, value] = line.match(/^([^=]+)=([^;]*)/)
    cookies.set(name, value)
  }
  return answer
}

function ours(address) {
  const { pathname, search } = new URL(address)
  return ADDRESS + pathname + search
}

// A browser goes from an address to the next until it is back at the site; ours is not at its configured address.
async function walked(address) {
  for (let steps = 0; steps < 5; steps++) {
    const url = new URL(address)
    if (url.origin === "https://portal.example" || url.pathname === "/") return url
    const own = url.origin === "http://localhost:8000" || address.startsWith(ADDRESS)
    const cookie = own ? [...cookies].map((pair) => pair.join("=")).join("; ") : ""
    const answer = keeping(await fetch(own ? ours(address) : address, { redirect: "manual", headers: { cookie } }))
    address = new URL(answer.headers.get("location"), address).href
  }
  throw new Error(`went on and on, at last to ${address}`)
}

const client = begun({ flowType: "pkce", global: { fetch: async (...asked) => keeping(await fetch(...asked)) } })
const redirectTo = "https://portal.example/in"
const options = { redirectTo, skipBrowserRedirect: true }
const begunThere = await client.auth.signInWithOAuth({ provider: "hospital", options: { ...options, scopes: "openid email" } })
said.begun = [begunThere.error, begunThere.data.provider, new URL(begunThere.data.url).pathname]
const back = await walked(begunThere.data.url)
const came = await client.auth.exchangeCodeForSession(back.searchParams.get("code"))
said.came = [back.pathname, told(came), came.data.user.app_metadata, came.data.user.user_metadata.name ?? null]
said.level = (await client.auth.getClaims()).data.claims.amr.map(({ method }) => method)
said.twice = told(await begun({ flowType: "pkce" }).auth.exchangeCodeForSession(back.searchParams.get("code")).catch((error) => ({ error })))

const github = await fetch((await client.auth.signInWithOAuth({ provider: "github", options })).data.url, { redirect: "manual" })
said.unknown = [github.status, (await github.json()).error_code]

const linking = await client.auth.linkIdentity({ provider: "other", options })
said.linking = [linking.error, Boolean(linking.data?.url)]
const linked = await walked(linking.data.url)
const exchanged = await client.auth.exchangeCodeForSession(linked.searchParams.get("code"))
said.linked = told(exchanged)
const { identities } = (await client.auth.getUserIdentities()).data
said.identities = identities.map(({ provider }) => provider).sort()
const second = identities.find(({ provider }) => provider === "other")
said.unlinked = (await client.auth.unlinkIdentity(second)).error
said.left = (await client.auth.getUserIdentities()).data?.identities.map(({ provider }) => provider)

// A browser that keeps no cookie of ours, as a page of another site, comes back without having linked anything.
const elsewhere = await client.auth.linkIdentity({ provider: "other", options })
cookies.clear()
const refused = await walked(elsewhere.data.url)
said.withoutCookie = [refused.origin, refused.searchParams.get("error_code")]
said.linkedByToken = told(await client.auth.linkIdentity({ provider: "other", token: OTHER_ID_TOKEN }))
said.identitiesAfter = (await client.auth.getUserIdentities()).data.identities.map(({ provider }) => provider).sort()

said.byToken = told(await begun().auth.signInWithIdToken({ provider: "hospital", token: ID_TOKEN }))
said.byNonsense = told(await begun().auth.signInWithIdToken({ provider: "hospital", token: "a.b.c" }))
said.singleSignOn = told(await begun().auth.signInWithSSO({ domain: "hospital.example" }))
console.log(JSON.stringify(said))
process.exit(0)
