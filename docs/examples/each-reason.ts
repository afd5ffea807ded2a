// What an app does about each reason of an `AuthError`: one answer for each, and each of them brought about once.
//
//   npm run emulator -- --port 4000              in one terminal
//   npm run node docs/examples/each-reason.ts    in another
import { fileURLToPath } from "node:url"
import { type AuthError, isAuthError, type Reason } from "@pbx-auth/providers/AuthError"
import { openSkySwitch } from "@pbx-auth/session/Promises"
import { openTokenStore } from "@pbx-auth/session/PromiseTokenStore"
import * as NodeTokenStore from "@pbx-auth/store-node/NodeTokenStore"

const address = process.env.PBX_AUTH_ADDRESS ?? "http://127.0.0.1:4000"
const client = { id: "your-client-id", secret: "your-client-secret" }

/** What this app can do: ask the person, tell them something, come back later, wake an operator. */
const ask = (text: string) => `ask the person: ${text}`
const tell = (text: string) => `tell the person: ${text}`
const later = (retryAt: number | undefined) =>
  retryAt === undefined ? "nothing follows by itself" : `come back in ${Math.ceil((retryAt - Date.now()) / 1_000)} s`
const wake = (text: string) => `wake the operator: ${text}`

type Answers = { readonly [Tag in Reason["_tag"]]: (reason: Extract<Reason, { readonly _tag: Tag }>) => string }

// An answer for each reason. If you forget one, this does not compile.
const answers: Answers = {
  // #region bad-credentials
  // The same password would be refused again, so do not repeat it.
  BadCredentials: () => ask("your user name and password"),
  // #endregion
  // #region bad-passcode
  // The challenge is still open. A person can enter the next passcode into the same session.
  BadPasscode: () => ask("the passcode that the authenticator shows now"),
  // #endregion
  // #region challenge-expired
  // The challenge is gone, and so is the sign-in before it. Begin again.
  ChallengeExpired: () => ask("your password, and then a new passcode"),
  // #endregion
  // #region passcode-required
  // A job cannot answer a second factor. A person can, in the same session: `submitPasscode`.
  PasscodeRequired: ({ unsupportedByProvider }) =>
    unsupportedByProvider ? wake("this account needs one without a second factor") : ask("the passcode"),
  // #endregion
  // #region client-refused
  // Id and secret are the app's own. No person who signs in can do anything about them.
  ClientRefused: ({ basicEncoding }) =>
    wake(basicEncoding === undefined ? "check client id and secret" : `check them, then try the other basicEncoding`),
  // #endregion
  // #region misconfigured
  // `field` is the path of the option, and `fix` a sentence that says what to write.
  Misconfigured: ({ field, fix }) => wake(`${field}: ${fix}`),
  // #endregion
  // #region renewal-refused
  // The refresh token is dead. With credentials in its options a session has already signed in again by itself.
  RenewalRefused: () => ask("your password: this session is over"),
  // #endregion
  // #region signed-out
  // Nobody is signed in, or somebody signed out while you waited. A closed session is opened anew.
  SignedOut: ({ closed }) => (closed ? "open another session" : ask("your user name and password")),
  // #endregion
  // #region not-allowed
  // The remedy tells two cases apart: the right is missing, or the token itself was refused.
  NotAllowed: ({ remedy }) =>
    remedy === "sign_in" ? ask("your password: the token was refused") : tell("ask your administrator for this right"),
  // #endregion
  // #region throttled
  // It always has a `retryAt`. The session sends nothing before it.
  Throttled: ({ retryAt }) => later(retryAt),
  // #endregion
  // #region unavailable
  // An outage. With a `retryAt` the session tries again by itself, so just ask it again from then on.
  Unavailable: ({ retryAt }) => later(retryAt),
  // #endregion
  // #region unreadable
  // Somebody does not keep to the page. Note what you see, and show no raw answer to anybody.
  Unreadable: ({ status }) => wake(`an answer that nobody can read, with the status ${status}`),
  // #endregion
  // #region outcome-unknown
  // The provider may have acted. What to do depends on what was presented, so follow the remedy.
  OutcomeUnknown: ({ grant, remedy }) => (remedy === "retry" ? "call again" : ask(`again, because ${grant} got lost`)),
  // #endregion
  // #region store-failed
  // Living tokens are still handed out from memory. The message names what is wrong with the store, and what to do.
  StoreFailed: ({ message, remedy }) => (remedy === "retry" ? "call again" : wake(message)),
  // #endregion
}

/** Looks up the answer to a reason. */
const answer = <Tag extends Reason["_tag"]>(reason: Extract<Reason, { readonly _tag: Tag }>): string =>
  answers[reason._tag as Tag](reason)

const answered = ({ page, reason }: AuthError) => console.log(`${reason._tag}: ${answer(reason)}; see ${page}`)

// From here on each reason is brought about with the emulator.

const control = (path: string, body?: object) =>
  fetch(`${address}/__emulator/${path}`, body ? { method: "POST", body: JSON.stringify(body) } : { method: "DELETE" })

const office = { username: "111@abc-company", password: "1234" }
const factor = { username: "222@abc-company", password: "5678" }
const reseller = { username: "1000@acmecorp", password: "mypassword" }

const opened: Array<{ readonly close: () => Promise<void> }> = []
const open = async (more: object = {}) => {
  const pbx = await openSkySwitch({ address, client, ...more })
  opened.push(pbx)
  return pbx
}
const signIn = async (credentials = office, more: object = {}) => {
  const pbx = await open(more)
  await pbx.signIn(credentials)
  return pbx
}

const causes: ReadonlyArray<() => Promise<unknown>> = [
  () => signIn({ ...office, password: "4321" }),
  async () => (await signIn(factor)).submitPasscode("000000"),
  async () => {
    await control("world", { netsapiens: { challenge: { lifetime: 3_600, wrongPasscodeSpends: true } } })
    const pbx = await signIn(factor)
    await pbx.submitPasscode("000000").catch(() => {})
    return pbx.submitPasscode("246802")
  },
  async () => (await open({ credentials: factor })).accessToken(),
  () => signIn(office, { client: { ...client, secret: "a-guess" } }),
  () => open({ address: "http://portal.example.com" }),
  async () => {
    const pbx = await signIn()
    const { generation } = await pbx.bearer()
    // The provider forgets the account's tokens, and the API answers 401.
    await control("world", { netsapiens: { accounts: [] } })
    pbx.reject(generation)
    return pbx.accessToken()
  },
  async () => (await open()).accessToken(),
  async () => (await signIn()).startActing("1001@acmecorp.12345.service"),
  // This file is no directory.
  () => openTokenStore(NodeTokenStore.layerFile(fileURLToPath(import.meta.url), { key: "file" })),
  async () => {
    await control("faults", { fault: { _tag: "server_error" } })
    return signIn()
  },
  async () => {
    await control("faults", { fault: { _tag: "drop_reply" } })
    return signIn()
  },
  async () => {
    await control("faults", { fault: { _tag: "empty_200" } })
    return signIn()
  },
  async () => {
    await control("faults", { fault: { _tag: "retry_after", seconds: 30 } })
    return signIn(reseller)
  },
]

for (const cause of causes) {
  try {
    await cause()
    console.log("no error")
  } catch (error) {
    if (!isAuthError(error)) throw error
    answered(error)
  } finally {
    await control("world")
    await control("faults")
  }
}
await Promise.all(opened.map((pbx) => pbx.close()))
