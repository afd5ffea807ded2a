/** A vendor, and processes with sessions at it, as long as a test runs. */
import type { AuthError } from "@pbx-auth/providers/AuthError"
import { type DeviceChallenge, deviceAuthorization } from "@pbx-auth/providers/DeviceAuthorization"
import * as FetchTransport from "@pbx-auth/providers/FetchTransport"
import * as Grant from "@pbx-auth/providers/Grant"
import type { Capability, Configured, Provider } from "@pbx-auth/providers/Provider"
import { TokenEndpoint } from "@pbx-auth/providers/TokenEndpoint"
import * as Clock from "effect/Clock"
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import * as Redacted from "effect/Redacted"
import type * as Scope from "effect/Scope"
import type * as Session from "../Session.ts"
import type { SessionRuntime as Runtime } from "../SessionRuntime.ts"
import { SessionRuntime } from "../SessionRuntime.ts"
import { Sessions } from "../Sessions.ts"
import * as TokenStore from "../TokenStore.ts"
import type { Exchange } from "./ProviderExchange.ts"
import type { Runner } from "./TokenStoreTest.ts"

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
  /** Lets so many ms pass, and waits until nothing is left to do. After so many stops on the way it leaps to the end. */
  readonly jump: (ms: number, options?: { readonly stops: number }) => Promise<unknown>
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
  /** Two accounts with credentials that the witness knows, apart in every option that tells two tenants apart. */
  readonly accounts: readonly [Configured<C>, Configured<C>]
  /** Every request and reply of the page, the refusals too. */
  readonly exchanges: ReadonlyArray<Exchange>
  /** What a session can do, as the page says. */
  readonly capabilities: ReadonlyArray<C>
  /** Life of the first access token, in ms, as the page or its sample says. */
  readonly lifetime: number
  /** The right passcode of the first account, if its sign-in asks for one. */
  readonly passcode?: string
  /** Whom the first account may act for, if it can. */
  readonly subject?: string
  /**
   * What a person does at the page of a sign-in with a code: allows it. The accounts of the suite then begin with the refresh tokens of such
   * sign-ins, made by the provider's own grants.
   */
  readonly allow?: (
    fetch: typeof globalThis.fetch,
    prompt: {
      /** The page. */
      readonly url: Redacted.Redacted<string>
      /** What the person enters there. */
      readonly userCode: Redacted.Redacted<string>
    },
  ) => Promise<void>
  /**
   * Where a person signs in elsewhere, as by a redirect, and an account begins with the refresh token of that sign-in: gets one for each account from the
   * vendor.
   */
  readonly adopt?: (
    fetch: typeof globalThis.fetch,
    accounts: ReadonlyArray<Configured>,
  ) => Promise<ReadonlyArray<Redacted.Redacted<string>>>
}

/** What a suite is about. */
export interface Tried<C extends Capability = Capability> {
  readonly provider: Provider<C>
  /** Opens the vendor anew. */
  readonly open: () => Vendor
  readonly fixtures: Fixtures<C>
  readonly assert: Runner["assert"]
}

/** One test of a suite. With a reason why it says nothing of this provider, it is skipped. */
export interface Case {
  readonly name: string
  readonly skipped?: string | undefined
  readonly run: () => Effect.Effect<void, unknown, Scope.Scope>
}

/** A session looks at its clock now and then. A token that lives for months would take minutes. */
const STOPS = 50

/** A session with what some providers offer. */
export type AnySession = Session.Session &
  Partial<Session.PasscodeAnswering & Session.Inspecting & Session.Acting<Capability> & Session.Prompting>

/** Opens the vendor, until the test's scope closes. */
export const stage = Effect.fnUntraced(function* <C extends Capability>({ fixtures, open }: Tried<C>) {
  const vendor = yield* Effect.acquireRelease(Effect.sync(open), ({ close }) => Effect.promise(close))
  const timed = Effect.provideService(Clock.Clock, vendor.clock.asEffect)
  const adopted = yield* timed(adoptedOf(vendor, fixtures))
  const [first, second] = fixtures.accounts
  const withToken = (configured: Configured<C>, refreshToken = configured.refreshToken): Configured<C> => ({
    ...configured,
    ...(refreshToken && { refreshToken }),
  })
  const store = yield* timed(TokenStore.makeMemory)
  /** What was presented, and what came. */
  const presented: Array<Grant.Grant> = []
  const minted = new Set<string>()
  const listening = Layer.effect(
    TokenEndpoint,
    Effect.map(TokenEndpoint, (endpoint) => ({
      ...endpoint,
      present: (account, grant) => {
        presented.push(grant)
        return Effect.tap(endpoint.present(account, grant), (reply) =>
          Effect.sync(() => {
            const secrets =
              reply._tag === "Issued" ? [reply.tokens.accessToken, reply.tokens.refreshToken] : [reply.challenge.token]
            for (const secret of secrets) if (secret) minted.add(Redacted.value(secret))
          }),
        )
      },
    })),
  )
  const endpoint = listening.pipe(Layer.provide(TokenEndpoint.layer), Layer.provide(FetchTransport.layer(vendor.fetch)))
  /** Another process on the same store. */
  const process: Effect.Effect<Process, never, Scope.Scope> = timed(
    Effect.map(
      Layer.build(
        Sessions.layerRuntime().pipe(
          Layer.provideMerge(Layer.fresh(SessionRuntime.layer)),
          Layer.provideMerge(Layer.fresh(endpoint)),
          Layer.provide(Layer.succeed(TokenStore.TokenStore, store)),
          Layer.orDie,
        ),
      ),
      (context) => (use) => timed(Effect.provideContext(use, context)),
    ),
  )
  const grants = Effect.promise(async () =>
    (await vendor.journal()).flatMap(({ grant, outcome }) => (isIssue(outcome) ? [grant] : [])),
  )
  const before = (yield* grants).length
  return {
    vendor,
    store,
    accounts: [withToken(first, adopted[0]), withToken(second, adopted[1])] as const,
    process,
    presented,
    minted,
    /** The grants by which tokens were issued so far. */
    issued: Effect.map(grants, (all) => all.slice(before)),
    jump: (ms: number) => Effect.promise(() => vendor.jump(ms, { stops: STOPS })),
    now: () => vendor.clock.asEffect.currentTimeMillisUnsafe(),
    loseReply: Effect.promise(() => vendor.arm({ fault: { _tag: "drop_reply" } })),
  }
})

/** The refresh tokens with which the accounts begin, if a person brings them. */
const adoptedOf = ({ fetch }: Vendor, { accounts, adopt, allow }: Fixtures) => {
  const signIn = Effect.fnUntraced(function* ({ account }: Configured) {
    const { present } = yield* TokenEndpoint
    const asked = yield* present(account, deviceAuthorization(account.scopes, account.address.origin))
    if (asked._tag !== "Challenged") return yield* Effect.die(new TypeError("No device code came"))
    const { token, url, userCode } = asked.challenge as DeviceChallenge
    yield* Effect.promise(async () => allow?.(fetch, { url, userCode }))
    const reply = yield* present(account, Grant.deviceCode(token))
    const refreshToken = reply._tag === "Issued" ? reply.tokens.refreshToken : undefined
    return refreshToken ?? (yield* Effect.die(new TypeError("No refresh token came for a device code")))
  })
  if (allow === undefined || adopt !== undefined) return Effect.promise(async () => adopt?.(fetch, accounts) ?? [])
  const endpoint = Layer.provide(TokenEndpoint.layer, FetchTransport.layer(fetch))
  return Effect.provide(Effect.forEach(accounts, signIn), endpoint)
}

const isIssue = (outcome: string) => /^(issued|renewed|given)/.test(outcome)

/** Runs something in a process. */
type Process = <A, E>(use: Effect.Effect<A, E, Sessions | Runtime | TokenEndpoint>) => Effect.Effect<A, E>

/** An account's session. */
export const sessionOf = (configured: Configured): Effect.Effect<AnySession, AuthError, Sessions> =>
  Effect.flatMap(Sessions, (sessions) => sessions.session(configured)) as Effect.Effect<AnySession, AuthError, Sessions>

/** A bearer, with the second factor if it is asked for. */
export const bearerOf = Effect.fnUntraced(function* (session: AnySession, { passcode }: Fixtures) {
  if (!(yield* session.view).path.startsWith("authenticated") && passcode !== undefined) {
    const { path } = yield* session.signIn()
    if (session.submitPasscode && !path.startsWith("authenticated"))
      yield* session.submitPasscode(Redacted.make(passcode))
  }
  return yield* session.bearer
})

/** The text of a token. */
export const clear = ({ token }: { readonly token: Redacted.Redacted<string> }): string => Redacted.value(token)

/** Everything that may stand in no error, snapshot, span or log. */
export const secretsOf = ({ account, credentials, refreshToken }: Configured): ReadonlyArray<string> =>
  [
    account.client.secret,
    credentials?.password,
    refreshToken,
    ...Object.values(account.options ?? {}).filter((value) => Redacted.isRedacted(value)),
  ].flatMap((secret) => (secret === undefined ? [] : [Redacted.value(secret)]))

/** Whether an account can sign in without a person. */
export const signsInAlone = ({ provider, fixtures }: Tried, { credentials }: Configured): boolean =>
  fixtures.passcode === undefined && (provider.signsInWith === "client" || credentials !== undefined)
