// 300 domains under one reseller: one call in each, as a user of that domain, within the provider's rate limits.
//
// The limits make this take minutes. Here they pass in seconds: see the second half, which is not part of an app.
//
//   npm run emulator -- --port 4000                        in one terminal
//   npm run node docs/examples/three-hundred-domains.ts    in another
import * as NodeRuntime from "@effect/platform-node/NodeRuntime"
import { configure } from "@pbx-auth/providers/SkySwitch"
import * as BearerHttpClient from "@pbx-auth/session/BearerHttpClient"
import { Sessions } from "@pbx-auth/session/Sessions"
import * as Clock from "effect/Clock"
import * as Console from "effect/Console"
import * as Effect from "effect/Effect"
import * as Exit from "effect/Exit"
import * as Fiber from "effect/Fiber"
import * as FetchHttpClient from "effect/http/FetchHttpClient"
import * as HttpClient from "effect/http/HttpClient"
import * as HttpClientRequest from "effect/http/HttpClientRequest"
import * as HttpClientResponse from "effect/http/HttpClientResponse"
import * as Layer from "effect/Layer"
import * as Option from "effect/Option"
import * as Schema from "effect/Schema"
import * as TestClock from "effect/testing/TestClock"

const address = process.env.PBX_AUTH_ADDRESS ?? "http://127.0.0.1:4000"

const domains = Array.from({ length: 300 }, (_, index) => `customer${index + 1}.12345.service`)

const Caller = Schema.Struct({ uid: Schema.String, domain: Schema.String })

const program = Effect.gen(function* () {
  const sessions = yield* Sessions
  // The same account gives the same session, wherever in the app you ask for it.
  const pbx = yield* sessions.session(
    configure({
      address,
      client: { id: "your-client-id", secret: "your-client-secret" },
      credentials: { username: "1000@acmecorp", password: "mypassword" },
    }),
  )

  // Twenty at a time, each when its turn comes. If one domain fails, the others go on.
  const subjects = [...domains.map((domain) => `100@${domain}`), "100@nowhere.12345.service"]
  // #region each
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
  // #endregion

  const rightful = outcomes.filter(({ exit, subject }) => Exit.isSuccess(exit) && exit.value.uid === subject)
  yield* Console.log(`${rightful.length} domains, each as its own user`)
  for (const { exit, subject } of outcomes) {
    const error = Option.getOrUndefined(Exit.findErrorOption(exit))
    if (error?._tag === "AuthError") yield* Console.log(`${subject}: ${error.reason._tag} -> ${error.remedy}`)
  }
  const { children } = yield* sessions.size
  yield* Console.log(`${children} children are kept for a while, for whoever asks next`)
})

// The registry respects the limits that the provider publishes. There is nothing to set.
const Live = Layer.provideMerge(Sessions.layer({ capacity: 100 }), FetchHttpClient.layer)

// --- Not part of an app: the provider's side, and minutes that pass in seconds ----------------------------------------

const emulator = `${address}/__emulator`

const post = (path: string, body: unknown) =>
  HttpClient.execute(HttpClientRequest.bodyJsonUnsafe(HttpClientRequest.post(`${emulator}/${path}`), body))

/** A made-up reseller with 300 domains, and the vendor's limits: 90 requests a minute for a client id. */
const reseller = { extension: "1000", domain: "acmecorp.12345.service", password: "mypassword", scope: "Reseller" }
const world = {
  netsapiens: {
    domains: [reseller.domain, ...domains],
    accounts: [reseller, ...domains.map((domain) => ({ extension: "100", domain, scope: "Office Manager" }))],
    rateLimits: "published",
  },
}

const Journal = Schema.Array(Schema.Struct({ status: Schema.Int }))
const journal = Effect.flatMap(HttpClient.get(`${emulator}/journal`), HttpClientResponse.schemaBodyJson(Journal))

/** Counts the requests under way, so that no time passes during them. */
let underWay = 0
const counting: typeof globalThis.fetch = async (input, init) => {
  underWay += 1
  try {
    const response = await fetch(input, init)
    return new Response(await response.arrayBuffer(), response)
  } finally {
    underWay -= 1
  }
}

/** Waits until only the passing of time can move anything on. */
const quiet = Effect.promise(async () => {
  for (let turns = 0, still = 0; still < 3 && turns < 10_000; turns++) {
    await new Promise((resolve) => setTimeout(resolve, 1))
    still = underWay > 0 ? 0 : still + 1
  }
})

/** Lets time pass for the app and the emulator, second by second, whenever everything waits for it. */
const inPassingTime = Effect.fnUntraced(function* <A, E, R>(app: Effect.Effect<A, E, R>) {
  const begin = Date.now()
  const clock = yield* TestClock.make({ warningDelay: "1 hour" })
  yield* clock.setTime(begin)
  const running = yield* app.pipe(
    Effect.provideService(Clock.Clock, clock),
    Effect.provideService(FetchHttpClient.Fetch, counting),
    Effect.forkChild,
  )
  for (let second = 1; second <= 3_600; second++) {
    yield* quiet
    if (running.pollUnsafe() !== undefined) break
    yield* post("clock", { setWall: begin + second * 1_000 })
    yield* clock.adjust("1 second")
  }
  yield* Fiber.interrupt(running)
  yield* Fiber.join(running)
  return (clock.currentTimeMillisUnsafe() - begin) / 60_000
}, Effect.scoped)

const clockPutBack = Effect.ignore(Effect.suspend(() => post("clock", { setWall: Date.now() })))
const worldPutBack = Effect.ignore(HttpClient.del(`${emulator}/world`))

const staged = Effect.gen(function* () {
  yield* post("world", world)
  const before = (yield* journal).length
  const minutes = yield* inPassingTime(Effect.provide(program, Live))
  const entries = (yield* journal).slice(before)
  const refused = entries.filter(({ status }) => status === 429).length
  const floor = Math.ceil(entries.length / 90) - 1
  yield* Console.log(`${entries.length} requests, ${refused} of them answered 429`)
  yield* Console.log(`${minutes.toFixed(1)} minutes; with 90 requests a minute it cannot be less than ${floor}`)
})

// Resets the emulator for the next example, even after a failure or Ctrl-C.
NodeRuntime.runMain(
  staged.pipe(Effect.ensuring(worldPutBack), Effect.ensuring(clockPutBack), Effect.provide(FetchHttpClient.layer)),
)
