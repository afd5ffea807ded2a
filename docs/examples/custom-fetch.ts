// Behind a proxy, or with a company's own certificate authority: a fetch that the app supplies. It is undici's, on which
// Node's own is built, with a dispatcher.
//
//   npm run emulator -- --port 4000               in one terminal
//   npm run node docs/examples/custom-fetch.ts    in another
//
// With HTTPS_PROXY=http://proxy.example.com:3128 it goes through a proxy. With COMPANY_CA=/etc/ssl/company.pem it trusts
// that authority besides those that Node trusts.
import { readFileSync } from "node:fs"
import { rootCertificates } from "node:tls"
import { isAuthError } from "@pbx-auth/providers/AuthError"
import { openSkySwitch } from "@pbx-auth/session/Promises"
import { type Options, SkySwitch } from "@pbx-auth/session/SkySwitch"
import * as Effect from "effect/Effect"
import * as FetchHttpClient from "effect/http/FetchHttpClient"
import * as Layer from "effect/Layer"
import { EnvHttpProxyAgent, type RequestInit, fetch as undiciFetch } from "undici"

const { COMPANY_CA, PBX_AUTH_ADDRESS = "http://127.0.0.1:4000" } = process.env

// #region fetch
// `ca` replaces what Node trusts, so include Node's own authorities.
const company = COMPANY_CA === undefined ? undefined : readFileSync(COMPANY_CA, "utf8")
const trusted = company === undefined ? undefined : { ca: [...rootCertificates, company] }

const dispatcher = new EnvHttpProxyAgent({
  // Plain http:// is only for this machine, and a proxy could read it.
  // So use HTTPS_PROXY and NO_PROXY, but not HTTP_PROXY.
  httpProxy: "",
  // For a direct connection, and for the far end of a proxy's tunnel.
  ...(trusted && { connect: trusted, requestTls: trusted }),
})

// Use undici's own fetch, because Node's may be of another version than the dispatcher.
// Their types differ, but not in anything that is used here.
const viaDispatcher = ((input: string | URL, init?: RequestInit) =>
  undiciFetch(input, { ...init, dispatcher })) as unknown as typeof globalThis.fetch
// #endregion

const options: Options = {
  address: PBX_AUTH_ADDRESS,
  client: { id: "your-client-id", secret: "your-client-secret" },
  credentials: { username: "111@abc-company", password: "1234" },
}

const withPromises = async () => {
  // #region promises
  await using pbx = await openSkySwitch(options, { fetch: viaDispatcher })
  // #endregion
  const { scope } = await pbx.inspect()
  return `with promises: ${scope}`
}

const withEffect = Effect.gen(function* () {
  const pbx = yield* SkySwitch
  const { scope } = yield* pbx.inspect
  return `with Effect: ${scope}`
})

// #region effect
const Live = SkySwitch.layer(options).pipe(
  Layer.provide(FetchHttpClient.layer),
  Layer.provide(Layer.succeed(FetchHttpClient.Fetch, viaDispatcher)),
)
// #endregion

const refused = (error: unknown) => {
  if (!isAuthError(error)) throw error
  return `${error.reason._tag} -> ${error.remedy}`
}

console.log(await withPromises().catch(refused))
console.log(await Effect.runPromise(Effect.provide(withEffect, Live)).catch(refused))

await dispatcher.close()
