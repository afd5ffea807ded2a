// Five troubles, tried on refresh code as many programs have it today, and on a session in its place. docs/migrating.md explains them.
//
// It changes the emulator's clock, world and faults, and puts them back.
//
//   npm run emulator -- --port 4000            in one terminal
//   npm run node docs/examples/migrating.ts    in another
import { isAuthError } from "@pbx-auth/providers/AuthError"
import { bearerFetch } from "@pbx-auth/session/BearerFetch"
import { openSkySwitch } from "@pbx-auth/session/Promises"

const address = process.env.PBX_AUTH_ADDRESS ?? "http://127.0.0.1:4000"
const data = `${address}/ns-api/?object=subscriber&action=read`

type Api = (url: string) => Promise<Response>
type Client = (
  username: string,
  password: string,
) => Promise<{ readonly api: Api; readonly close: () => Promise<void> }>

// #region before
const handWritten = (username: string, password: string): Api => {
  let token: string | undefined
  let refreshToken: string | undefined
  const renew = async () => {
    const grant = refreshToken
      ? { grant_type: "refresh_token", refresh_token: refreshToken }
      : { grant_type: "password", username, password }
    const client = { client_id: "your-client-id", client_secret: "your-client-secret" }
    const response = await fetch(`${address}/ns-api/oauth2/token/`, {
      method: "POST",
      body: new URLSearchParams({ ...client, ...grant }),
    })
    const reply = await response.json()
    token = reply.access_token
    refreshToken = reply.refresh_token
  }
  const send = (url: string) => fetch(url, { headers: { authorization: `Bearer ${token}` } })
  return async (url) => {
    if (!token) await renew()
    const response = await send(url)
    if (response.status !== 401) return response
    await renew()
    return send(url)
  }
}
// #endregion

const before: Client = async (username, password) => ({ api: handWritten(username, password), close: async () => {} })

const after: Client = async (username, password) => {
  // #region after
  const pbx = await openSkySwitch({
    address,
    client: { id: "your-client-id", secret: "your-client-secret" },
    credentials: { username, password },
  })
  const api = bearerFetch(pbx)
  // #endregion
  return { api: (url) => api(url), close: () => pbx.close() }
}

const emulator = (path: string, method: string, body?: unknown) =>
  fetch(`${address}/__emulator/${path}`, { method, ...(body === undefined ? {} : { body: JSON.stringify(body) }) })
const signIns = async () =>
  ((await (await emulator("journal", "GET")).json()) as ReadonlyArray<{ grant?: string }>).filter(
    ({ grant }) => grant === "password",
  ).length

const told = async (call: Promise<Response>): Promise<string> =>
  call.then(
    ({ status }) => String(status),
    (error) => (isAuthError(error) ? error.reason._tag : error.name),
  )
const all = async (api: Api, callers: number) => {
  const outcomes = await Promise.all(Array.from({ length: callers }, () => told(api(data))))
  return outcomes.every((outcome) => outcome === "200") ? "all served" : "not all served"
}

const person = ["111@abc-company", "1234"] as const
const troubles: Readonly<Record<string, (client: Client) => Promise<string>>> = {
  "a second factor": async (client) => {
    const { api, close } = await client("222@abc-company", "5678")
    const outcome = await told(api(data))
    await close()
    return outcome
  },
  "a hundred callers at once": async (client) => {
    const { api, close } = await client(...person)
    const earlier = await signIns()
    await all(api, 100)
    const now = (await signIns()) - earlier
    await close()
    return `${now} sign-in${now === 1 ? "" : "s"}`
  },
  "the same, when the token has died": async (client) => {
    await emulator("world", "POST", { netsapiens: { rotation: "strict" } })
    const { api, close } = await client(...person)
    await api(data)
    await emulator("clock", "POST", { advance: 3_600 })
    const outcome = await all(api, 100)
    await close()
    return outcome
  },
  "a reply that is lost": async (client) => {
    await emulator("world", "POST", { netsapiens: { rotation: "strict" } })
    const { api, close } = await client(...person)
    await api(data)
    await emulator("clock", "POST", { advance: 3_600 })
    await emulator("faults", "POST", { fault: { _tag: "drop_reply" }, match: { grant: "refresh_token" } })
    const outcomes = [await told(api(data)), await told(api(data))]
    await close()
    return outcomes.join(", then ")
  },
  "an outage": async (client) => {
    await emulator("faults", "POST", { fault: { _tag: "server_error", status: 503 }, times: "always" })
    const { api, close } = await client(...person)
    const outcome = await told(api(data))
    await close()
    return outcome
  },
}

const putBack = async () => {
  await emulator("faults", "DELETE")
  await emulator("world", "DELETE")
  await emulator("clock", "POST", { setWall: Date.now() })
}
for (const [trouble, tryOn] of Object.entries(troubles)) {
  for (const [name, client] of Object.entries({ "hand-written": before, session: after })) {
    console.log(`${trouble}, ${name}: ${await tryOn(client).finally(putBack)}`)
  }
}
