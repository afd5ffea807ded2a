// Calling the provider's API with promises: a fetch that carries the bearer, and survives the 401 of a token that died early.
//
// It moves the emulator's clock an hour ahead, and puts it back at its end.
//
//   npm run emulator -- --port 4000               in one terminal
//   npm run node docs/examples/bearer-fetch.ts    in another
import { bearerFetch } from "@pbx-auth/session/BearerFetch"
import { openSkySwitch } from "@pbx-auth/session/Promises"

const address = process.env.PBX_AUTH_ADDRESS ?? "http://127.0.0.1:4000"

await using pbx = await openSkySwitch({
  address,
  client: { id: "your-client-id", secret: "your-client-secret" },
  credentials: { username: "111@abc-company", password: "1234" },
})

// #region client
// It takes what fetch takes, and gives what fetch gives. A client that is generated from an API's description can be given it.
const api = bearerFetch(pbx)
// #endregion

const call = async () => {
  const response = await api(`${address}/ns-api/?object=subscriber&action=read`)
  const [caller] = (await response.json()) as ReadonlyArray<{ readonly uid: string }>
  const { generation } = await pbx.bearer()
  console.log(`${response.status} as ${caller?.uid}, with token number ${generation}`)
}

await call()

// An hour passes at the provider, and none here: the token is dead, and nobody told us.
const moveClock = (how: { readonly advance: number } | { readonly setWall: number }) =>
  fetch(`${address}/__emulator/clock`, { method: "POST", body: JSON.stringify(how) })
await moveClock({ advance: 3_600 })

try {
  // The API answers 401. The token is renewed, once for all who wait, and the call goes out once more.
  await call()

  // The bearer goes to the provider's origin alone, whatever URL a caller was talked into.
  await api("https://elsewhere.example/collect").catch((error) => console.log(error.message))
} finally {
  await moveClock({ setWall: Date.now() })
}
