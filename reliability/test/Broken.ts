/** The library with one of its parts broken, for each row that has to find it. */

import { sessionMachine } from "@pbx-auth/machine/SessionMachine"
import { type AuthError, fromReason, OutcomeUnknown, RenewalRefused, Unavailable } from "@pbx-auth/providers/AuthError"
import type { Grant } from "@pbx-auth/providers/Grant"
import * as Ipex from "@pbx-auth/providers/Ipex"
import type { Capability, Configured } from "@pbx-auth/providers/Provider"
import { issued, type TokenReply, type Tokens } from "@pbx-auth/providers/Token"
import * as Session from "@pbx-auth/session/Session"
import { SessionRuntime } from "@pbx-auth/session/SessionRuntime"
import { Sessions } from "@pbx-auth/session/Sessions"
import { SharedQuota } from "@pbx-auth/session/SharedQuota"
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import * as Option from "effect/Option"
import * as Redacted from "effect/Redacted"
import * as Result from "effect/Result"
import { Pauses } from "../../packages/session/src/pace/Pauses.ts"
import { SignInPacing } from "../../packages/session/src/pace/SignInPacing.ts"
import { Alarm, type Sleeper } from "../../packages/session/src/time/Alarm.ts"
import { changed, type Lab } from "../src/Lab.ts"
import { ipex, skyswitch } from "../src/Vendor.ts"
import * as Blind from "./broken/Blind.ts"
import * as Careless from "./broken/Careless.ts"
import { configuring, fetching, presenting, running, sound } from "./broken/Changed.ts"
import * as Heedless from "./broken/Heedless.ts"
import * as Strange from "./broken/Strange.ts"
import * as Naive from "./Naive.ts"

const token = (text: string): Tokens => ({
  accessToken: Redacted.make(text),
  refreshToken: undefined,
  tokenType: "Bearer",
  lifetime: 3_600_000,
  refreshLifetime: undefined,
  scope: null,
  identity: {},
  details: {},
})

/** Everything that goes wrong ends the session. */
const loggingOut = presenting((endpoint, account, grant) =>
  Effect.catch(endpoint.present(account, grant), (error) =>
    grant._tag === "RefreshToken" && error.remedy === "retry"
      ? fromReason(new RenewalRefused({ provider: account.provider.id }))
      : Effect.fail(error),
  ),
)

/** Whatever a failing server says, nothing was done. */
const forgetful = presenting((endpoint, account, grant) =>
  Effect.catchReason(endpoint.present(account, grant), "AuthError", "Unavailable", ({ provider }) =>
    fromReason(new Unavailable({ provider })),
  ),
)

/** A timer for each session, with whatever delay there is. */
class Timers extends Alarm {
  override set(sleeper: Sleeper, at: number): void {
    setTimeout(() => sleeper.wake(), Math.max(1, at - Date.now())).unref()
  }
  override clear(): void {}
}

/** An even number's neighbour is the next one, an odd one's the one before. */
const neighbourOf = (subject: string) => subject.replace(/\d+/, (digits) => String(Number(digits) ^ 1))

/** The same account's, which can always sign in by itself. */
const twinOf = <A extends Configured<Capability>>(configured: A): A => ({
  ...configured,
  credentials:
    configured.credentials ?? (configured.account.provider.id === Ipex.provider.id ? ipex : skyswitch).person,
})

/** A session with another parent's children. */
const withChildrenOf = <A>(session: A, twin: A): A => ({ ...session, actAs: (twin as { actAs: unknown }).actAs })

/** A pause that only the session remembers that was told. */
class Forgotten extends Pauses {
  override current() {
    return undefined
  }
}

const secretOf = (grant: Grant) => (grant._tag === "Password" ? Redacted.value(grant.password) : "")

/** By row: what is broken, in words, how, and what the row must say of it. */
export const broken: Readonly<Record<string, readonly [what: string, lab: Lab, says: string]>> = {
  R1: ["callers who renew each for themselves", { ...sound, open: Naive.open }, "exactly 1 request"],
  R2: ["a 401 that renews whichever token it was for", { ...sound, open: Naive.open }, "1 renewal per real expiry"],
  R3: [
    "an endpoint that resends what was lost",
    presenting((endpoint, account, grant) =>
      Effect.catchReason(endpoint.present(account, grant), "AuthError", "OutcomeUnknown", () =>
        endpoint.present(account, grant),
      ),
    ),
    "0 blind resends",
  ],
  R4: [
    "a session that does not know of the grace",
    configuring(({ account }) => ({ provider: { ...account.provider, rotation: "unknown" } })),
    "recovered, 100 %",
  ],
  R5: ["an outage taken for a refusal", loggingOut, "0 sessions lost"],
  R6: [
    "a client that does not read what the headers say",
    fetching((fetch) => async (input, init) => {
      const { body, headers, status } = await fetch(input, init)
      const kept = new Headers(headers)
      for (const name of ["retry-after", "ratelimit"]) kept.delete(name)
      return new Response(body, { status, headers: kept })
    }),
    "not earlier than told",
  ],
  R7: [
    "a deadline that nobody keeps",
    configuring(({ account }) => ({ settings: { ...account.settings, deadline: 120_000 } })),
    "within the deadline",
  ],
  R8: [
    "whatever comes taken for a token",
    presenting((endpoint, account, grant) =>
      Effect.catchReason(endpoint.present(account, grant), "AuthError", "Unreadable", () =>
        Effect.succeed<TokenReply>(issued(token("undefined"))),
      ),
    ),
    "a tagged error or a token, and the right one of them",
  ],
  R9: [
    "a clock that trusts the wall",
    running((_, clock) => {
      const now = () => clock.currentTimeMillisUnsafe()
      return { clock: { now, quickNow: now, toWall: (at) => at, fromWall: (at) => at } }
    }),
    "no dead token is handed out",
  ],
  R10: ["a missing network taken for a refusal", loggingOut, "session kept"],
  R11: ["a timer with any delay", running((runtime) => ({ alarm: new Timers(runtime) })), "no timer warning"],
  R12: [
    "a challenge taken for a success",
    presenting((endpoint, account, grant) =>
      Effect.map(endpoint.present(account, grant), (reply) =>
        reply._tag === "Challenged" ? issued(token(Redacted.value(reply.challenge.token))) : reply,
      ),
    ),
    "never success",
  ],
  R13: [
    "a store that forgets what a killed process has left behind",
    Heedless.lab,
    "a refresh token that may be used up is not shown while the token lives",
  ],
  R14: ["a store that writes over whatever is there", Careless.lab, "1 sign-in"],
  R15: ["a store that takes what it cannot read for a sign-out", Blind.lab, "living tokens are served throughout"],
  R16: ["a session that keeps what comes late", { ...sound, open: Naive.open }, "never resurrected"],
  R17: [
    "children that nobody tells of their parent's end",
    {
      ...sound,
      open: ((configured: Parameters<typeof Session.make>[0]) =>
        Effect.zipWith(
          Session.make(configured),
          Session.make(twinOf(configured)),
          withChildrenOf,
        )) as typeof Session.make,
      sessions: (options) =>
        changed(Sessions, Sessions.layerRuntime(options), (sessions) => ({
          ...sessions,
          session: (account, how) =>
            Effect.zipWith(
              sessions.session(account, how),
              sessions.session(Result.isResult(account) ? account : twinOf(account), { name: "twin" }),
              withChildrenOf,
            ),
        })),
    },
    "0 orphans",
  ],
  R18: [
    "a chart that takes late replies",
    { ...sound, machine: sessionMachine.provide({ guards: { late: () => false } }) },
    "a late reply changes nothing",
  ],
  R19: [
    "an endpoint that logs what it sends",
    presenting((endpoint, account, grant) =>
      Effect.andThen(
        Effect.logDebug("presenting", { grant: grant._tag, of: secretOf(grant) }),
        endpoint.present(account, grant),
      ),
    ),
    "no password in logs",
  ],
  R20: [
    "a client that follows redirects",
    fetching((fetch) => (input, init) => fetch(input, { ...init, redirect: "follow" })),
    "0 bytes sent there",
  ],
  R21: [
    "a sign-in that begins anew whatever ended it",
    {
      ...sound,
      open: ((configured: Parameters<typeof Session.make>[0]) =>
        Effect.map(Session.make(configured), (session) => ({
          ...session,
          signIn: (credentials) =>
            Effect.catchReason(session.signIn(credentials), "AuthError", "SignedOut", () =>
              session.signIn(credentials),
            ),
        }))) as typeof Session.make,
    },
    "0 signed in afterwards",
  ],
  R22: [
    "an endpoint that takes every failed connection for a lost reply",
    presenting((endpoint, account, grant) =>
      Effect.catchReason(endpoint.present(account, grant), "AuthError", "Unavailable", () =>
        fromReason(new OutcomeUnknown({ provider: account.provider.id, grant: grant._tag })),
      ),
    ),
    "0 sessions lost",
  ],
  R23: [
    "a client that reads JSON alone",
    fetching((fetch) => async (input, init) => {
      const reply = await fetch(input, init)
      const text = await reply.text()
      return new Response(/^{.*}$/.test(text) ? text : "unexpected token <", reply)
    }),
    "between notices: the reply is read",
  ],
  R24: [
    "a firewall's no taken for the vendor's",
    presenting((endpoint, account, grant) =>
      Effect.catchReason(endpoint.present(account, grant), "AuthError", "Throttled", ({ policy }) =>
        policy === "firewall" && grant._tag === "RefreshToken"
          ? fromReason(new RenewalRefused({ provider: account.provider.id }))
          : endpoint.present(account, grant),
      ),
    ),
    "no password follows",
  ],
  R25: [
    "pauses that nobody remembers for others",
    running((_, clock) => ({ pauses: new Forgotten(clock) })),
    "a new session sends nothing in another's pause",
  ],
  R26: [
    "a reader with a pattern that runs on from each place where it begins",
    fetching((fetch) => async (input, init) => {
      const response = await fetch(input, init)
      if (response.status !== 401) return response
      const text = await response.text()
      return new Response(/expired .*token/.test(text) ? null : text, response)
    }),
    "twice the steps at most for twice the size",
  ],
  R27: [
    "processes that count each for itself",
    {
      ...sound,
      sessions: (options) => Layer.provide(Sessions.layerRuntime(options), Layer.fresh(SharedQuota.layerMemory)),
    },
    "no 429",
  ],
  ...Strange.broken,
  F1: ["an outage taken for a refusal", loggingOut, "nobody has to sign in for it"],
  F2: [
    "a session that leaves a fiber behind",
    {
      ...sound,
      open: ((configured: Parameters<typeof Session.make>[0]) =>
        Effect.gen(function* () {
          const { fork } = yield* SessionRuntime
          fork(Effect.never)
          return yield* Session.make(configured)
        })) as typeof Session.make,
    },
    "no fiber is left behind",
  ],
  F3: [
    "an exception that gets through",
    {
      ...sound,
      open: ((configured: Parameters<typeof Session.make>[0]) =>
        Effect.map(Session.make(configured), (session) => ({
          ...session,
          signIn: (credentials) => Effect.orDie(session.signIn(credentials)),
        }))) as typeof Session.make,
    },
    "a typed error",
  ],
}

/** Sign-ins that go out whenever a caller asks. */
class Unpaced extends SignInPacing {
  override present<A>(_: unknown, effect: Effect.Effect<A, AuthError>): Effect.Effect<A, AuthError> {
    return effect
  }
}

/** The same for rows with more than one thing to find, by row. */
export const brokenElsewhere: ReadonlyArray<readonly [id: string, ...(typeof broken)[string]]> = [
  [
    "R3",
    "a server error taken for an outage in which nothing was done",
    forgetful,
    "the refresh token is shown once before the last chance",
  ],
  [
    "R23",
    "a deadline that counts the time in which nothing could be read",
    presenting((endpoint, account, grant) =>
      Effect.timeoutOrElse(endpoint.present(account, grant), {
        duration: account.settings.deadline,
        orElse: () => fromReason(new OutcomeUnknown({ provider: account.provider.id, grant: grant._tag })),
      }),
    ),
    "after standing still: the reply is read",
  ],
  [
    "R5",
    "a server error taken for an outage in which nothing was done",
    forgetful,
    "while a token lives, its refresh token is shown once before the last chance",
  ],
  [
    "R24",
    "sign-ins without a pace",
    running(({ pauses }) => ({ signIns: new Unpaced(pauses) })),
    "a password is presented three times at most",
  ],
  [
    "R27",
    "a quota that serves first who asks first",
    {
      ...sound,
      sessions: (options) =>
        Layer.provide(
          Sessions.layerRuntime(options),
          Layer.effect(
            SharedQuota,
            Effect.map(Effect.serviceOption(SharedQuota), (quota) => ({
              take: (request) => Option.getOrThrow(quota).take({ ...request, member: "all" }),
            })),
          ),
        ),
    },
    "the slowest within 1.4 of the fastest",
  ],
  [
    "R17",
    "an endpoint that gives one subject another one's token, and does not say so",
    presenting((endpoint, account, grant) =>
      grant._tag !== "ActAs"
        ? endpoint.present(account, grant)
        : Effect.map(endpoint.present(account, { ...grant, subject: neighbourOf(grant.subject) }), (reply) =>
            reply._tag === "Issued" ? issued({ ...reply.tokens, identity: {} }) : reply,
          ),
    ),
    "0 calls with the wrong identity",
  ],
  [
    "R17",
    "a provider that is not asked how it names its users",
    configuring(({ account }) => ({
      provider: { ...account.provider, dialect: { ...account.provider.dialect, acting: undefined } },
    })),
    "one that names another extension is not handed out",
  ],
  [
    "R25",
    "windows that are measured by the wall clock",
    running((_, clock) => ({
      pauses: new Pauses({
        ...clock,
        monotonicTimeNanosUnsafe: () => BigInt(clock.currentTimeMillisUnsafe()) * 1_000_000n,
      }),
    })),
    "makes no window longer",
  ],
]
