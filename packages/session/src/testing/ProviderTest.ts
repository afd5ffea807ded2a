/**
 * The contract of every provider, as a suite that its package runs:
 *
 * ```ts
 * import { assert, describe, it } from "@effect/vitest"
 * import { openEmulator } from "@pbx-auth/emulator/OpenEmulator"
 * import * as ProviderTest from "@pbx-auth/session/testing/ProviderTest"
 *
 * const witnesses = [{ ...witness, hosts: ["api.acme.example"] }]
 * ProviderTest.suite(acme, () => openEmulator({ clock: "steered", witnesses }), fixtures, { assert, describe, it })
 * ```
 *
 * The fixtures say what the vendor's page prints; the witness plays the vendor. Both are yours, and the suite compares the provider's
 * value with both. The test runner and the emulator are passed in, so that this module depends on neither.
 */
import type { AuthError } from "@pbx-auth/providers/AuthError"
import * as FetchTransport from "@pbx-auth/providers/FetchTransport"
import * as Grant from "@pbx-auth/providers/Grant"
import type { Capability, Configured, Provider } from "@pbx-auth/providers/Provider"
import { TokenEndpoint } from "@pbx-auth/providers/TokenEndpoint"
import * as Clock from "effect/Clock"
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import * as Redacted from "effect/Redacted"
import * as Result from "effect/Result"
import * as Tracer from "effect/Tracer"
import type * as Session from "../Session.ts"
import { SessionRuntime } from "../SessionRuntime.ts"
import { Sessions } from "../Sessions.ts"
import * as TokenStore from "../TokenStore.ts"
import { compared, type Exchange, played, sampleRefusals } from "./ProviderExchange.ts"
import type { Runner } from "./TokenStoreTest.ts"

export type { Exchange, Expected, ExpectedRequest, SampleReply } from "./ProviderExchange.ts"

/**
 * The vendor in this process. What `openEmulator({ clock: "steered", witnesses })` of `@pbx-auth/emulator` gives fits.
 *
 * @category models
 */
export interface Vendor {
  /** Answers every request. */
  readonly fetch: typeof globalThis.fetch
  /** The time of the vendor and of the session. */
  readonly clock: {
    /** As Effect takes it. */
    readonly asEffect: Clock.Clock
  }
  /** Lets so many ms pass, and waits until nothing is left to do. */
  readonly jump: (ms: number) => Promise<unknown>
  /** Loses the next reply, after its request was carried out. */
  readonly arm: (rule: { readonly fault: { readonly _tag: "drop_reply" } }) => Promise<void>
  /** The requests so far. */
  readonly journal: () => Promise<ReadonlyArray<{ readonly grant?: string; readonly outcome: string }>>
  /** Ends it. */
  readonly close: () => Promise<void>
}

/**
 * What the suite needs to know about a vendor.
 *
 * @category models
 */
export interface Fixtures<C extends Capability = Capability> {
  /** Two accounts with credentials that the witness knows, apart in everything that tells two tenants apart. */
  readonly accounts: readonly [Configured<C>, Configured<C>]
  /** Every request and reply of the page, the refusals too. */
  readonly exchanges: ReadonlyArray<Exchange>
  /** The right passcode of the first account, if its sign-in asks for one. */
  readonly passcode?: string
  /** What a session can do, as the page says. */
  readonly capabilities: ReadonlyArray<C>
}

/** The member of a session that each capability brings. */
const members = { passcode: "submitPasscode", act_as: "actAs", inspect: "inspect" } as const

/**
 * Runs the contract. `open` is called for each test that needs the vendor.
 *
 * @category testing
 */
export const suite = <C extends Capability>(
  provider: Provider<C>,
  open: () => Vendor,
  fixtures: Fixtures<C>,
  { assert, describe, it }: Runner,
): void => {
  const [first, second] = fixtures.accounts
  const signInGrant =
    first.credentials === undefined
      ? Grant.clientCredentials(first.account.scopes)
      : Grant.password(first.credentials.username, first.credentials.password)

  /** A vendor, and processes that share a store, as long as the test runs. */
  const stage = Effect.gen(function* () {
    const vendor = yield* Effect.acquireRelease(Effect.sync(open), ({ close }) => Effect.promise(close))
    const timed = Effect.provideService(Clock.Clock, vendor.clock.asEffect)
    const store = Layer.succeed(TokenStore.TokenStore, yield* timed(TokenStore.makeMemory))
    const context = Layer.build(
      Sessions.layerRuntime().pipe(
        Layer.provideMerge(Layer.fresh(SessionRuntime.layer)),
        Layer.provideMerge(TokenEndpoint.layer),
        Layer.provide(FetchTransport.layer(vendor.fetch)),
        Layer.provide(store),
      ),
    )
    const process = timed(context)
    const issued = () =>
      Effect.promise(async () =>
        (await vendor.journal()).filter(({ outcome }) => /^(issued|renewed|given)/.test(outcome)),
      )
    return { vendor, timed, process, issued }
  })

  /** In one process on the stage. */
  const inProcess = <E>(use: (on: On) => Effect.Effect<void, E, Sessions | TokenEndpoint>) =>
    Effect.gen(function* () {
      const { issued, process, timed, vendor } = yield* stage
      yield* timed(Effect.provideContext(use({ issued, vendor }), yield* process))
    })
  type On = Pick<Effect.Success<typeof stage>, "issued" | "vendor">

  const sessionOf = (configured: Configured<C>) =>
    Effect.flatMap(Sessions, (sessions) => sessions.session(configured)) as Effect.Effect<
      Session.Session & Partial<Session.PasscodeAnswering>,
      AuthError,
      Sessions
    >

  /** A bearer, with the second factor if it is asked for. */
  const bearerOf = Effect.fnUntraced(function* (session: Session.Session & Partial<Session.PasscodeAnswering>) {
    if (!(yield* session.view).path.startsWith("authenticated") && fixtures.passcode !== undefined) {
      const { path } = yield* session.signIn()
      if (session.submitPasscode && !path.startsWith("authenticated"))
        yield* session.submitPasscode(Redacted.make(fixtures.passcode))
    }
    return yield* session.bearer
  })

  const text = (bearer: { readonly token: Redacted.Redacted<string> }) => Redacted.value(bearer.token)

  /** Everything that may stand in no error, snapshot or span. */
  const secretsOf = ({ account, credentials, refreshToken }: Configured<C>): ReadonlyArray<string> =>
    [account.client.secret, credentials?.password, refreshToken].flatMap((secret) =>
      secret === undefined ? [] : [Redacted.value(secret)],
    )

  describe(`Provider: ${provider.id}`, () => {
    for (const exchange of fixtures.exchanges) {
      it.live(`${exchange.name}: is sent and read as the fixture has it`, () =>
        Effect.gen(function* () {
          const configured = exchange.account ?? first
          const { expected, sent } = yield* compared(configured, exchange)
          assert.deepStrictEqual(sent.got, sent.wanted, "the request")
          assert.deepStrictEqual(expected.got, expected.wanted, "the outcome")
          for (const secret of secretsOf(configured as Configured<C>)) {
            assert.strictEqual(expected.said.includes(secret), false, "a secret stands in the outcome")
          }
        }),
      )
    }

    for (const refusal of sampleRefusals) {
      it.live(`a reply of ${refusal.name} is a typed error`, () =>
        Effect.gen(function* () {
          const { outcome } = yield* played(first, signInGrant, refusal.reply)
          assert.strictEqual(Result.isFailure(outcome), true, "it passed for a success")
          if (Result.isSuccess(outcome)) return
          assert.strictEqual(outcome.failure._tag, "AuthError")
          const said = JSON.stringify(outcome.failure) + String(outcome.failure)
          for (const secret of secretsOf(first)) assert.strictEqual(said.includes(secret), false, "it repeats a secret")
        }),
      )
    }

    it.live("brings a bearer by one request, and keeps it", () =>
      inProcess(
        Effect.fnUntraced(function* ({ issued }: On) {
          const session = yield* sessionOf(first)
          const bearer = yield* bearerOf(session)
          assert.strictEqual(text(yield* session.bearer), text(bearer))
          assert.strictEqual((yield* issued()).length, 1)
        }),
      ),
    )

    it.live("has another bearer after the first one's end, by itself", () =>
      inProcess(
        Effect.fnUntraced(function* ({ vendor }: On) {
          const session = yield* sessionOf(first)
          const bearer = yield* bearerOf(session)
          if (bearer.expiresAt === null) return
          const life = bearer.expiresAt - vendor.clock.asEffect.currentTimeMillisUnsafe()
          yield* Effect.promise(() => vendor.jump(life + 1_000))
          const next = yield* session.bearer
          assert.notStrictEqual(text(next), text(bearer), "a dead token was handed out")
        }),
      ),
    )

    it.live("comes out of a lost reply with a bearer or a typed error, and with a bearer later", () =>
      inProcess(
        Effect.fnUntraced(function* ({ vendor }: On) {
          const session = yield* sessionOf(first)
          yield* Effect.promise(() => vendor.arm({ fault: { _tag: "drop_reply" } }))
          const waiting = Effect.result(bearerOf(session))
          const told = yield* Effect.raceFirst(
            waiting,
            Effect.promise(() => vendor.jump(60_000)).pipe(Effect.andThen(Effect.never)),
          )
          if (Result.isFailure(told)) assert.strictEqual(told.failure._tag, "AuthError")
          yield* Effect.promise(() => vendor.jump(60_000))
          yield* bearerOf(session)
        }),
      ),
    )

    if (provider.renewsWith === "refresh_token") {
      it.live("does with a refresh token that was spent what its rotation says", () =>
        inProcess(
          Effect.fnUntraced(function* ({ vendor }: On) {
            const endpoint = yield* TokenEndpoint
            const reply = yield* endpoint.present(first.account, signInGrant)
            const challenge = "challenge" in reply ? reply.challenge : undefined
            const answered =
              challenge === undefined
                ? reply
                : yield* endpoint.present(
                    first.account,
                    Grant.passcode(challenge, Redacted.make(fixtures.passcode ?? ""), first.credentials),
                  )
            const spent = "tokens" in answered ? answered.tokens.refreshToken : undefined
            if (spent === undefined) return
            yield* endpoint.present(first.account, Grant.refreshToken(spent))
            // Past any grace.
            yield* Effect.promise(() => vendor.jump(600_000))
            const again = yield* Effect.result(endpoint.present(first.account, Grant.refreshToken(spent)))
            if (provider.rotation === "strict") {
              assert.strictEqual(Result.isFailure(again), true, "a spent refresh token was accepted")
            }
            if (Result.isFailure(again)) assert.strictEqual(again.failure.reason._tag, "RenewalRefused")
          }),
        ),
      )
    }

    it.live("never hands one tenant the other's bearer, nor by their common store", () =>
      Effect.gen(function* () {
        const { process, timed } = yield* stage
        const context = yield* process
        const both = Effect.gen(function* () {
          const one = yield* bearerOf(yield* sessionOf(first))
          const other = yield* bearerOf(yield* sessionOf(second))
          return [text(one), text(other)] as const
        })
        const [one, other] = yield* timed(Effect.provideContext(both, context))
        assert.notStrictEqual(one, other, "one bearer for two tenants")
        // Another process on the same store, in the other order.
        const later = Effect.gen(function* () {
          const other = yield* bearerOf(yield* sessionOf(second))
          return [text(yield* bearerOf(yield* sessionOf(first))), text(other)] as const
        })
        const found = yield* timed(Effect.provideContext(later, yield* process))
        assert.deepStrictEqual(found, [one, other], "the store gave another tenant's bearer")
      }),
    )

    it.live("shows no secret in a snapshot, an error or a span", () =>
      Effect.gen(function* () {
        const spans: Array<Tracer.NativeSpan> = []
        const tracer = Tracer.make({
          span: (options) => {
            const span = new Tracer.NativeSpan(options)
            spans.push(span)
            return span
          },
        })
        const { process, timed } = yield* stage
        const traced = <A, E, R>(effect: Effect.Effect<A, E, R>) =>
          timed(Effect.provideService(effect, Tracer.Tracer, tracer))
        const context = yield* traced(process)
        const use = Effect.gen(function* () {
          const session = yield* sessionOf(first)
          const bearer = yield* bearerOf(session)
          return [text(bearer), JSON.stringify([yield* session.view, bearer])] as const
        })
        const [token, snapshot] = yield* traced(Effect.provideContext(use, context))
        const seen = spans.map(({ attributes, events, name }) => JSON.stringify([name, [...attributes], events]))
        for (const secret of [token, ...secretsOf(first)]) {
          assert.strictEqual([snapshot, ...seen].join("\n").includes(secret), false, "a secret is shown")
        }
      }),
    )

    it.live("can do what its fixtures say, and nothing else", () =>
      Effect.gen(function* () {
        assert.deepStrictEqual([...provider.capabilities].sort(), [...fixtures.capabilities].sort())
        const { process, timed } = yield* stage
        const session = yield* timed(Effect.provideContext(sessionOf(first), yield* process))
        for (const [capability, member] of Object.entries(members)) {
          const isThere = fixtures.capabilities.some((one) => one === capability)
          assert.strictEqual(member in session, isThere, `a session's ${member}`)
        }
      }),
    )
  })
}
