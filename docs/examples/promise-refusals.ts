// When a provider refuses, with promises: you catch an `AuthError`, and its remedy says what to do next.
//
//   npm run emulator -- --port 4000                   in one terminal
//   npm run node docs/examples/promise-refusals.ts    in another
import { type AuthError, isAuthError, type Remedy } from "@pbx-auth/providers/AuthError"
import { openSkySwitch } from "@pbx-auth/session/Promises"

const address = process.env.PBX_AUTH_ADDRESS ?? "http://127.0.0.1:4000"
const client = { id: "your-client-id", secret: "your-client-secret" }

// #region advice
// One entry for each remedy. If you forget one, this does not compile.
const advice: Record<Remedy, string> = {
  sign_in: "ask for other credentials",
  passcode: "ask for a passcode",
  configure: "have the options mended; asking again is of no use",
  ask_administrator: "name the right that is missing to whoever grants it",
  wait: "ask again, but not before the time that the error tells",
  retry: "ask again in a while",
  report: "report it: somebody did not keep to the page",
}
// #endregion

// #region tell
// `retryAt` says when to ask again, in epoch milliseconds, if that is known.
const pauseOf = ({ retryAt }: AuthError) => (retryAt === undefined ? 0 : retryAt - Date.now())

const tell = (error: unknown) => {
  if (!isAuthError(error)) throw error // a mistake in our own code, not a refusal
  console.log(`${error.reason._tag} -> ${error.remedy}: ${advice[error.remedy]}`)
  const pause = pauseOf(error)
  if (pause > 0) console.log(`  in ${Math.ceil(pause / 1_000)} s`)
}
// #endregion

const signIn = async (username: string, password: string, at = address) => {
  const pbx = await openSkySwitch({ address: at, client, credentials: { username, password } })
  try {
    await pbx.accessToken()
    await pbx.startActing("222@abc-company.12345.service")
  } finally {
    await pbx.close()
  }
}

await signIn("111@abc-company", "4321").catch(tell)
await signIn("222@abc-company", "5678").catch(tell)
await signIn("111@abc-company", "1234").catch(tell)
await signIn("111@abc-company", "1234", "http://portal.example.com").catch(tell)

// The emulator fails on demand: it returns an error, answers without a token, or asks for a pause. After an unreadable answer an account
// is not presented again for ten minutes, so the last case uses another account. A pause holds all sessions of a client id.
for (const [fault, username, password] of [
  [{ _tag: "server_error" }, "111@abc-company", "1234"],
  [{ _tag: "empty_200" }, "111@abc-company", "1234"],
  [{ _tag: "retry_after", seconds: 30 }, "1000@acmecorp", "mypassword"],
] as const) {
  await fetch(`${address}/__emulator/faults`, { method: "POST", body: JSON.stringify({ fault, times: "always" }) })
  await signIn(username, password).catch(tell)
  await fetch(`${address}/__emulator/faults`, { method: "DELETE" })
}
