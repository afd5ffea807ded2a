/** What a registry is told, in both faces: a mistake is named, and a span may be written as a text. */
import { getEventListeners } from "node:events"
import { assert, describe, it } from "@effect/vitest"
import type { AuthError } from "@pbx-auth/providers/AuthError"
import * as SkySwitch from "@pbx-auth/providers/SkySwitch"
import * as TokenEndpoint from "@pbx-auth/providers/TokenEndpoint"
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import { makeOperations } from "../src/PromiseOperations.ts"
import { openSessions } from "../src/PromiseSessions.ts"
import * as RedirectSignIns from "../src/RedirectSignIns.ts"
import { SessionRuntime } from "../src/SessionRuntime.ts"
import { type Options, Sessions } from "../src/Sessions.ts"
import { client, people } from "./Harness.ts"

const wrong: ReadonlyArray<readonly [field: string, options: unknown]> = [
  ["capactiy", { capactiy: 3 }],
  ["capacity", { capacity: -1 }],
  ["capacity", { capacity: 1.5 }],
  ["idle", { idle: "soon" }],
  ["idle", { idle: Number.NaN }],
  ["idle", { idle: Number.POSITIVE_INFINITY }],
  ["idle", { idle: "Infinity" }],
  ["patience", { patience: -1 }],
  ["patience", { patience: [] }],
  ["respectRateLimits", { respectRateLimits: "no" }],
  ["limits", { limits: [{ policy: "token_minute" }] }],
  ["options", 60_000],
]

const right: ReadonlyArray<Options> = [
  {},
  { idle: "5 minutes", patience: "1 minute", capacity: 0 },
  { idle: 300_000, patience: 60_000, respectRateLimits: false, limits: [] },
]

const fieldOf = ({ reason }: AuthError): string | undefined =>
  reason._tag === "Misconfigured" ? reason.field : reason._tag

/** No request is made: only the options are looked at. */
const runtime = Layer.provide(SessionRuntime.layer, Layer.mock(TokenEndpoint.TokenEndpoint, {}))

const inEffect = (options: Options) =>
  Effect.scoped(Effect.asVoid(Layer.build(Layer.provide(Sessions.layerRuntime(options), runtime))))

const byPromise = (options: Options) =>
  Effect.tryPromise({
    try: async () => (await openSessions(options)).close(),
    catch: (error) => error as AuthError,
  })

describe.each([
  ["an Effect app", inEffect],
  ["promises", byPromise],
])("the options of a registry, by %s", (_, open) => {
  for (const [field, options] of wrong) {
    it.effect(
      `names ${field} of ${Number.isNaN(Object.values(options as object)[0]) ? "NaN" : JSON.stringify(options)}`,
      () => Effect.map(Effect.flip(open(options as Options)), (error) => assert.strictEqual(fieldOf(error), field)),
    )
  }

  it.effect("takes a span as a number of ms, or as a text", () => Effect.forEach(right, open))
})

describe("what is refused leaves nothing behind", () => {
  it("no runtime that a health check counts", async () => {
    const operations = makeOperations()
    for (const options of [{ capactiy: 1 }, { idle: "soon" }]) {
      await openSessions(options as Options, { watch: operations.watch }).catch(() => {})
    }
    assert.strictEqual((await operations.health()).runtimes, 0)
  })

  it("no listener of a signal, when a list of subjects throws", async () => {
    await using sessions = await openSessions()
    const account = { address: "http://127.0.0.1:1", client, credentials: people.reseller }
    const pbx = await sessions.session(SkySwitch.configure(account))
    const { signal } = new AbortController()
    const subjects = (function* () {
      yield "1001@acmecorp.12345.service"
      throw new Error("no more")
    })()
    const thrown = await sessions.forEachSubject(pbx, subjects, () => {}, { signal }).catch((error: Error) => error)
    assert.strictEqual(thrown instanceof Error && thrown.message, "no more")
    assert.lengthOf(getEventListeners(signal, "abort"), 0)
  })
})

describe("the options of sign-ins at a server", () => {
  /** Nothing of it is reached. */
  const session = {} as Parameters<RedirectSignIns.RedirectSignIns["begin"]>[0]

  for (const [field, options] of [
    ["redirectUri", { redirectUri: "signed-in" }],
    ["redirectUri", {}],
    ["lifetime", { redirectUri: "https://app.example/signed-in", lifetime: "soon" }],
    ["lifetme", { redirectUri: "https://app.example/signed-in", lifetme: 1 }],
  ] as const) {
    it.effect(`name ${field} of ${JSON.stringify(options)}`, () =>
      Effect.map(
        Effect.flip(
          RedirectSignIns.make(options as unknown as Parameters<typeof RedirectSignIns.make>[0]).begin(session),
        ),
        (error) => assert.strictEqual(fieldOf(error), field),
      ),
    )
  }
})
