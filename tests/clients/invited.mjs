// People who are written to, or handed a link: invited by supabase-js, or with links that the program sends itself.
import { SERVICE_KEY, begun, landed, mail, opened, told } from "./person.mjs"

const PASSWORD = "correct horse battery staple", OTHER = "quite another long phrase"
const said = {}
const { admin } = begun({ key: SERVICE_KEY }).auth
const amr = async (client) => (await client.auth.getClaims()).data.claims.amr.map(({ method }) => method)

const invited = await admin.inviteUserByEmail("amina@example.org", {
  data: { full_name: "Amina" }, redirectTo: "https://portal.example/welcome",
})
said.invited = [told(invited), invited.data.user.user_metadata.full_name, Boolean(invited.data.user.invited_at)]
const address = await opened((await mail("amina@example.org")).link)
said.welcome = [address.origin + address.pathname, new URLSearchParams(address.hash.slice(1)).get("type")]
const guest = begun()
said.entered = [told(await landed(guest, address)), await amr(guest)]
said.password = told(await guest.auth.updateUser({ password: PASSWORD }))
said.withPassword = told(await begun().auth.signInWithPassword({ email: "amina@example.org", password: PASSWORD }))
said.invitedAgain = told(await admin.inviteUserByEmail("amina@example.org"))

await admin.inviteUserByEmail("bintou@example.org", { redirectTo: "https://evil.example/" })
const second = await mail("bintou@example.org")
const elsewhere = new URL(second.link)
said.elsewhere = elsewhere.origin + elsewhere.pathname
const bintou = { token_hash: elsewhere.searchParams.get("token"), type: "invite" }
said.once = [told(await begun().auth.verifyOtp(bintou)), told(await begun().auth.verifyOtp(bintou))]

// A link of each kind; the program shows its token, as a page on a server does.
async function shown(asked, by = {}) {
  const { data, error } = await admin.generateLink(asked)
  if (error) return [error.status, error.code]
  const { action_link: link, email_otp: digits, hashed_token: token, verification_type: type, redirect_to: to } = data.properties
  const client = begun()
  const way = by.digits ? { email: by.digits, token: digits } : { token_hash: token }
  const entered = told(await client.auth.verifyOtp({ ...way, type: by.type ?? type }))
  const again = told(await begun().auth.verifyOtp({ ...way, type: by.type ?? type }))
  return [new URL(link).origin, type, to, entered, again[1]]
}

const email = "omar@example.org"
said.signUp = await shown({ type: "signup", email, password: PASSWORD })
said.signUpAgain = await shown({ type: "signup", email, password: PASSWORD })
said.signUpIn = told(await begun().auth.signInWithPassword({ email, password: PASSWORD }))
said.invite = await shown({ type: "invite", email: "fatou@example.org", options: { data: { full_name: "Fatou" } } })
said.magicLink = await shown({ type: "magiclink", email, options: { redirectTo: "https://portal.example/welcome" } })
said.digits = await shown({ type: "magiclink", email }, { digits: email, type: "email" })
said.magicLinkOfNobody = await shown({ type: "magiclink", email: "new@example.org" })
said.recovery = await shown({ type: "recovery", email })
said.recoveryOfNobody = await shown({ type: "recovery", email: "nobody@example.org" })
const change = { email, newEmail: "omar.k@example.org" }
said.changeCurrent = await shown({ type: "email_change_current", ...change }, { type: "email_change" })
said.changeNew = await shown({ type: "email_change_new", ...change }, { type: "email_change" })
said.changed = told(await begun().auth.signInWithPassword({ email: "omar.k@example.org", password: PASSWORD }))

// The link itself, opened in a browser.
const { data } = await admin.generateLink({ type: "recovery", email: "omar.k@example.org" })
const recovering = begun()
const heard = []
recovering.auth.onAuthStateChange((event) => void heard.push(event))
said.opened = told(await landed(recovering, await opened(data.properties.action_link)))
said.reset = told(await recovering.auth.updateUser({ password: OTHER }))
said.afterReset = [PASSWORD, OTHER].map((password) => begun().auth.signInWithPassword({ email: "omar.k@example.org", password }))
said.afterReset = (await Promise.all(said.afterReset)).map(told)
said.heard = heard
console.log(JSON.stringify(said))
process.exit(0)
