/**
 * The core of a session: all that it holds in one object, and what can be read from it. The other files of this folder are
 * functions over it, or parts of it.
 *
 * A hundred thousand sessions may be idle at once. So while a session is at rest, three small fields stand for all that the chart
 * remembers. `context` rebuilds the whole from them; `Rest` reduces it to them.
 */

import {
  initialContext,
  type SessionContext,
  type SessionInput,
  type TokenFacts,
} from "@pbx-auth/machine/SessionContext"
import { sessionMachine } from "@pbx-auth/machine/SessionMachine"
import { SessionView } from "@pbx-auth/machine/SessionView"
import * as AuthError from "@pbx-auth/providers/AuthError"
import { type Account, type Credentials, idOf as providerIdOf } from "@pbx-auth/providers/Provider"
import type * as Effect from "effect/Effect"
import type * as Redacted from "effect/Redacted"
import { failure } from "../account/Failure.ts"
import type { Bearer } from "../Bearer.ts"
import { Setbacks } from "../pace/Setbacks.ts"
import type { Sleeper } from "../time/Alarm.ts"
import { endOf } from "../time/RefreshEnd.ts"
import type { Watched } from "../Watcher.ts"
import * as Chart from "./Chart.ts"
import type { Ready } from "./Ready.ts"
import type { Runtime } from "./Runtime.ts"
import { Secrets } from "./Secrets.ts"
import { Work } from "./Work.ts"

/**
 * A result that may fail as an `AuthError`.
 *
 * @category models
 */
export type Attempted<A> = Effect.Effect<A, AuthError.AuthError>

/**
 * The session as the rest of the process holds it. The alarm and the watchers get this object, because no secret can be reached from
 * it.
 *
 * @category models
 */
export interface Holder extends Sleeper, Watched {
  readonly close: Effect.Effect<void>
  readonly signOut: Effect.Effect<void>
  withOwnBearer<A>(call: (bearer: Bearer) => Attempted<A>): Attempted<A>
}

/**
 * The owner of the session: an account, or, for a child, a subject with the parent's bearer.
 *
 * @category models
 */
export interface Options {
  readonly account: Account
  /** Kept for good: the session may sign in without a person. */
  readonly credentials?: Credentials | undefined
  /** Obtained elsewhere. The session begins by renewing it, unless the store has a successor. */
  readonly refreshToken?: Redacted.Redacted<string> | undefined
  /** The name of its record, if that is known. */
  readonly key?: string | undefined
  /** For a child: the subject that it acts for, and the parent whose bearer it presents. */
  readonly acting?: { readonly subject: string; readonly parent: Core } | undefined
}

let numbers = 0

/**
 * The number of a possible sign-in. Each session has one, and gets another one after each sign-out.
 *
 * @category constructors
 */
export const newNumber = (): number => ++numbers

/**
 * The core of one session. Mutable; only the files of this folder have it.
 *
 * @category models
 */
export class Core extends Secrets {
  readonly holder: Holder
  readonly account: Account
  readonly runtime: Runtime
  readonly acting: Options["acting"]
  /** The parts that an idle session does not have. */
  work: Work<Core> | undefined
  number = newNumber()
  /** At rest: the facts of the account's token. Only their `via`, if the others follow from `times`. */
  facts: TokenFacts | TokenFacts["via"] | null = null
  /** At rest: the chart's count of tokens. */
  generation = 0
  /** At rest: the chart's count of presentations. */
  attempt = 0
  /** The state that the chart is in. */
  value: Chart.Snapshot["value"]
  /** The bearer that may be handed out without another check. Made for the first caller that asks, and dropped at each step. */
  ready: Ready | undefined

  constructor(holder: Holder, runtime: Runtime, { account, acting, credentials }: Options) {
    super(credentials)
    this.holder = holder
    this.account = account
    this.runtime = runtime
    this.acting = acting
    const { context, value } = Chart.begin(inputOf(this))
    this.work = new Work()
    this.work.context = context
    this.value = value
    this.ready = undefined
  }

  /** What the chart remembers. */
  get context(): Chart.Snapshot["context"] {
    if (this.work?.context !== undefined) return this.work.context
    const { attempt, facts, generation, times } = this
    const own =
      typeof facts === "string" && times !== undefined
        ? { ...times, generation, via: facts, rejected: false }
        : (facts as TokenFacts | null)
    return { ...atRestOf(this), own, generation, attempt }
  }

  /** The chart's current snapshot. While a listener is subscribed it is the same object until the next step. */
  get snapshot(): Chart.Snapshot {
    const work = workOf(this)
    work.snapshot ??= sessionMachine.resolveState({ value: this.value, context: this.context })
    return work.snapshot
  }

  /** What a screen shows now. A closed session shows that no one is signed in, and offers nothing. */
  get view(): SessionView {
    return SessionView.of(this.snapshot)
  }

  /** Now, by the session's clock (epoch ms). */
  get now(): number {
    return this.runtime.clock.now()
  }
}

/**
 * The session's work. Do not keep a reference to it: the session may drop it.
 *
 * @category getters
 */
export const workOf = (core: Core): Work<Core> => {
  core.work ??= new Work()
  return core.work
}

/**
 * The chart's input.
 *
 * @category getters
 */
const inputOf = ({ account: { provider }, acting, kept }: Core): SessionInput => ({
  unattended: acting !== undefined || kept !== undefined || readOr(() => provider.signsInWith, "password") === "client",
  renewsWith: readOr(() => provider.renewsWith, "sign_in"),
  actsForOthers: readOr(() => provider.capabilities.has("act_as"), false),
  ...(acting && { subject: acting.subject }),
})

/**
 * When a person is needed because these tokens' refresh token ends, by the session's clock, epoch ms; `null` if that is not known, or
 * if the session signs in by itself.
 *
 * @category getters
 */
export const personNeededAt = (core: Core, tokens = core.own, times = core.times): number | null => {
  const end = endOf(tokens, times)
  return end === undefined || inputOf(core).unattended ? null : end
}

/**
 * What the chart remembers at rest, beside its counts and the facts of the token.
 *
 * @category getters
 */
export const atRestOf = (core: Core): SessionContext => ({
  ...initialContext(inputOf(core)),
  personNeededAt: personNeededAt(core),
})

/**
 * What a provider's value says, or this if it throws. For places where nobody could catch that: a session must not hang because of it.
 *
 * @category getters
 */
export const readOr = <A, B>(read: () => A, otherwise: B): A | B => {
  try {
    return read()
  } catch {
    return otherwise
  }
}

/**
 * The provider's id, for an error.
 *
 * @category getters
 */
export const idOf = ({ account }: Pick<Core, "account">): AuthError.ProviderId | undefined =>
  providerIdOf(account.provider)

/**
 * Takes over a new state of the chart.
 *
 * @category combinators
 */
export const become = (core: Core, snapshot: Chart.Snapshot): void => {
  const work = workOf(core)
  work.context = snapshot.context
  work.snapshot = snapshot
  core.value = snapshot.value
}

/**
 * Whether the session is closed, or about to be.
 *
 * @category guards
 */
export const isClosed = (core: Core): boolean => core.work?.closing !== undefined

/**
 * Whether the chart waits for a presentation.
 *
 * @category guards
 */
export const isPresenting = (core: Core): boolean => !isClosed(core) && core.context.presenting !== null

/**
 * The session's failures.
 *
 * @category getters
 */
export const setbacksOf = (core: Core): Setbacks => {
  const work = workOf(core)
  work.setbacks ??= new Setbacks(core.runtime.clock, core.account, core.runtime.random)
  return work.setbacks
}

/**
 * The refusal for a caller that asked before a sign-out.
 *
 * @category constructors
 */
export const signedOut = (core: Core): AuthError.AuthError => failure(core.account, AuthError.SignedOut)
