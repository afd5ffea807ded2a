// Many accounts and subjects, with promises: one registry with one timer, kept children, and the provider's pace.
//
//   npm run emulator -- --port 4000                in one terminal
//   npm run node docs/examples/many-accounts.ts    in another
import { isAuthError } from "@pbx-auth/providers/AuthError"
import { configure } from "@pbx-auth/providers/SkySwitch"
import { bearerFetch, type Caller } from "@pbx-auth/session/BearerFetch"
import { openSessions } from "@pbx-auth/session/PromiseSessions"

const address = process.env.PBX_AUTH_ADDRESS ?? "http://127.0.0.1:4000"
const client = { id: "your-client-id", secret: "your-client-secret" }

await using sessions = await openSessions({ capacity: 200 })

// The same account gives the same session, wherever in the app you ask for it.
const accountOf = (username: string, password: string) =>
  sessions.session(configure({ address, client, credentials: { username, password } }))

const reseller = await accountOf("1000@acmecorp", "mypassword")
const manager = await accountOf("111@abc-company", "1234")
console.log((await accountOf("1000@acmecorp", "mypassword")) === reseller)

// #region call
// Each call takes its turn, carries the token, and goes out once more after a 401.
const whoIs = async (caller: Caller): Promise<string> => {
  const api = bearerFetch(caller)
  const response = await api(`${address}/ns-api/?object=device&action=count`)
  const { uid } = (await response.json()) as { readonly uid: string }
  return uid
}
// #endregion

console.log(await whoIs(manager))

// #region each
// Five at a time. Each gets its own child and gives it back at the end.
// If one fails, the others go on.
const domain = "12345.service"
const subjects = [`1001@acmecorp.${domain}`, `111@abc-company.${domain}`, `100@nowhere.${domain}`]
const outcomes = await sessions.forEachSubject(reseller, subjects, whoIs, { concurrency: 5 })

for (const outcome of outcomes) {
  if ("value" in outcome) console.log(`${outcome.subject}: called as ${outcome.value}`)
  else if (isAuthError(outcome.error)) console.log(`${outcome.subject}: ${outcome.error.reason._tag}`)
  else throw outcome.error // what the callback threw
}
// #endregion

// A single child. It is the same as before, because the registry keeps it for a while. `await using` or `close()` gives it back.
{
  await using child = await reseller.actAs("1001@acmecorp.12345.service")
  console.log(`again as ${child.subject}`)
}
const { children, unused } = sessions.size()
console.log(`${children} children, ${unused} of them unused`)
