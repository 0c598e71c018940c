// Somebody comes in without an address and gives one later; a mail that is waited for is written again.
import { begun, known, landed, mail, opened, told } from "./person.mjs"

const EMAIL = "amina@example.org", PASSWORD = "correct horse battery staple"
const said = {}

if (process.env.PART === "again") {
  const client = begun()
  said.again = told(await client.auth.resend({ type: "signup", email: EMAIL }))
  said.soon = told(await client.auth.resend({ type: "signup", email: EMAIL }))
  const first = await mail(EMAIL), second = await mail(EMAIL)
  said.first = told(await client.auth.verifyOtp({ email: EMAIL, token: first.code, type: "signup" }))
  said.second = told(await client.auth.verifyOtp({ email: EMAIL, token: second.code, type: "signup" }))
  said.in = told(await begun().auth.signInWithPassword({ email: EMAIL, password: PASSWORD }))
} else {
  said.signedUp = told(await begun().auth.signUp({ email: EMAIL, password: PASSWORD }))
  said.unchanged = told(await begun().auth.signUp({ email: EMAIL, password: PASSWORD }))
  said.soon = told(await begun().auth.resend({ type: "signup", email: EMAIL }))

  const client = begun()
  const came = await client.auth.signInAnonymously({ options: { data: { name: "a guest" } } })
  const { id } = came.data.user
  said.came = [told(came), came.data.user.is_anonymous, came.data.user.user_metadata, await known(client)]
  said.claim = (await client.auth.getClaims()).data.claims.is_anonymous
  const given = await client.auth.updateUser({ email: "guest@example.org" })
  said.given = [told(given), given.data.user?.new_email]
  const proven = await client.auth.verifyOtp({ email: "guest@example.org", token: (await mail("guest@example.org")).code, type: "email_change" })
  said.proven = [told(proven), proven.data.user?.id === id, proven.data.user?.is_anonymous]
  said.password = told(await client.auth.updateUser({ password: PASSWORD }))
  said.in = told(await begun().auth.signInWithPassword({ email: "guest@example.org", password: PASSWORD }))

  const pkce = begun({ flowType: "pkce" })
  said.asked = told(await pkce.auth.signInWithOtp({
    email: "guest@example.org", options: { shouldCreateUser: false, emailRedirectTo: "http://localhost:8000" },
  }))
  const { link } = await mail("guest@example.org")
  const code = (await opened(link)).searchParams.get("code")
  const thief = begun({ flowType: "pkce" })
  await thief.auth.signInWithOtp({ email: "nobody@example.org", options: { shouldCreateUser: false } })
  said.thief = told(await thief.auth.exchangeCodeForSession(code))
  said.own = told(await pkce.auth.exchangeCodeForSession(code))
  said.opened = (await opened(link)).searchParams.get("error_code")
  said.unknown = told(await begun().auth.signInWithOtp({ email: "nobody.else@example.org", options: { shouldCreateUser: false } }))
  const reader = begun()
  said.fragment = told(await landed(reader, new URL("http://localhost/#access_token=a.b.c&refresh_token=d")))
}
console.log(JSON.stringify(said))
process.exit(0)
