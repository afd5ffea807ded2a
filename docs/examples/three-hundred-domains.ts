// 300 domains under one reseller: a call in each, as somebody of that domain, within the provider's rate limits.
//
//   npx pnpm@12 emulator --port 4000                                 in one terminal
//   npx pnpm@12 exec node docs/examples/three-hundred-domains.ts     in another
import { configure } from "@pbx-auth/providers/SkySwitch"
import * as BearerHttpClient from "@pbx-auth/session/BearerHttpClient"
import { Sessions } from "@pbx-auth/session/Sessions"
import * as Console from "effect/Console"
import * as Effect from "effect/Effect"
import * as Exit from "effect/Exit"
import * as FetchHttpClient from "effect/http/FetchHttpClient"
import * as HttpClient from "effect/http/HttpClient"
import * as HttpClientRequest from "effect/http/HttpClientRequest"
import * as HttpClientResponse from "effect/http/HttpClientResponse"
import * as Layer from "effect/Layer"
import * as Option from "effect/Option"
import * as Schema from "effect/Schema"

const address = process.env.PBX_AUTH_ADDRESS ?? "http://127.0.0.1:4000"

// A made-up reseller with 300 domains. The emulator takes them in place of its own.
const domains = Array.from({ length: 300 }, (_, index) => `customer${index + 1}.12345.service`)
const reseller = { extension: "1000", domain: "acmecorp.12345.service", password: "mypassword", scope: "Reseller" }
const world = {
  netsapiens: {
    domains: [reseller.domain, ...domains],
    accounts: [reseller, ...domains.map((domain) => ({ extension: "100", domain, scope: "Office Manager" }))],
  },
}
const becomes = HttpClientRequest.bodyJsonUnsafe(HttpClientRequest.post(`${address}/__emulator/world`), world)

const Caller = Schema.Struct({ uid: Schema.String, domain: Schema.String })

const program = Effect.gen(function* () {
  yield* HttpClient.execute(becomes)

  const sessions = yield* Sessions
  // The same account gives the same session, wherever in the app it is asked for.
  const pbx = yield* sessions.session(
    configure({
      address,
      client: { id: "your-client-id", secret: "your-client-secret" },
      credentials: { username: "1000@acmecorp", password: "mypassword" },
    }),
  )

  // Twenty at a time. A domain that fails is told of, and the others go on.
  const subjects = [...domains.map((domain) => `100@${domain}`), "100@nowhere.12345.service"]
  const outcomes = yield* sessions.forEachSubject(
    pbx,
    subjects,
    (child) =>
      Effect.gen(function* () {
        const api = yield* BearerHttpClient.make(child)
        const response = yield* api.get(`${address}/ns-api/`, { urlParams: { object: "device", action: "count" } })
        return yield* HttpClientResponse.schemaBodyJson(Caller)(response)
      }),
    { concurrency: 20 },
  )

  const rightful = outcomes.filter(({ exit, subject }) => Exit.isSuccess(exit) && exit.value.uid === subject)
  yield* Console.log(`${rightful.length} domains, each as its own user`)
  for (const { exit, subject } of outcomes) {
    const error = Option.getOrUndefined(Exit.findErrorOption(exit))
    if (error?._tag === "AuthError") yield* Console.log(`${subject}: ${error.reason._tag} -> ${error.remedy}`)
  }
  const { children } = yield* sessions.size
  yield* Console.log(`${children} children are kept for a while, for whoever asks next`)
})

// Against SkySwitch itself leave `keepsToRateLimits` out: then it takes seven minutes, at 90 requests a minute, and no request
// is turned away.
const Live = Layer.provideMerge(Sessions.layer({ capacity: 100, keepsToRateLimits: false }), FetchHttpClient.layer)

await Effect.runPromise(Effect.provide(program, Live))
