// Tokens that are checked without asking the server, and keys of the newer form, with supabase-js.
import { begun, known, told } from "./person.mjs"

const { PUBLISHABLE, SECRET, EMAIL, PASSWORD } = process.env
const said = {}
const asked = []

function counting(key) {
  const fetched = async (address, options) => {
    asked.push(new URL(address).pathname.replace("/auth/v1/", ""))
    return fetch(address, options)
  }
  return begun({ key, global: { fetch: fetched } })
}

const client = counting(PUBLISHABLE)
said.signedIn = told(await client.auth.signInWithPassword({ email: EMAIL, password: PASSWORD }))
if (said.signedIn[1] !== true) {
  said.rows = (await client.from("cases").select("case_id")).error?.code
  said.listed = told(await begun({ key: SECRET }).auth.admin.listUsers())
  console.log(JSON.stringify(said))
  process.exit(0)
}
asked.length = 0
const claims = await client.auth.getClaims()
said.claims = [claims.error, claims.data.header.alg, Boolean(claims.data.header.kid), claims.data.claims.email, claims.data.claims.aal]
await client.auth.getClaims()
said.asked = [...asked]
const token = (await client.auth.getSession()).data.session.access_token
const [head, body, signature] = token.split(".")
const other = Buffer.from(body, "base64url").toString().replace('"role":"authenticated"', '"role":"service_role"')
const forged = [head, Buffer.from(other).toString("base64url"), signature].join(".")
said.forged = (await client.auth.getClaims(forged)).error?.message
said.unsigned = told(await client.auth.getUser(
  [Buffer.from('{"alg":"none","typ":"JWT"}').toString("base64url"), body, ""].join(".")))
said.known = await known(client)
said.rows = (await client.from("cases").select("case_id")).data
said.nobody = (await counting(PUBLISHABLE).from("cases").select("case_id")).error?.code ?? null
said.listed = (await begun({ key: SECRET }).auth.admin.listUsers()).data.users.map(({ email }) => email)
said.notForAll = told(await begun({ key: PUBLISHABLE }).auth.admin.listUsers())
said.cutOff = told(await begun({ key: PUBLISHABLE.slice(0, -1) }).auth.signInWithPassword({ email: EMAIL, password: PASSWORD }))
console.log(JSON.stringify(said))
process.exit(0)
