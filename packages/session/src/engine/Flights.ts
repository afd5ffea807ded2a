/**
 * Presentations: each begins with a command of the chart, and lands with its outcome.
 *
 * A presentation runs as a fiber of its own, so a caller that stops waiting does not end it. A renewal is never interrupted between
 * presenting a refresh token and storing the result; the request's own deadline bounds it.
 */

import type { RequestToken } from "@pbx-auth/machine/SessionCommand"
import type { SessionEvent } from "@pbx-auth/machine/SessionEvent"
import * as AuthError from "@pbx-auth/providers/AuthError"
import type { Account } from "@pbx-auth/providers/Provider"
import type { Tokens } from "@pbx-auth/providers/Token"
import * as Cause from "effect/Cause"
import * as Effect from "effect/Effect"
import * as Exit from "effect/Exit"
import { failure, guarded } from "../account/Failure.ts"
import { inTurn } from "../callers/Turns.ts"
import type { Brought } from "../record/ClaimOptions.ts"
import { type Core, idOf, personNeededAt, readOr, setbacksOf, workOf } from "./Core.ts"
import * as Exchange from "./Exchange.ts"
import type { Flight } from "./Flight.ts"
import * as OwnRecord from "./OwnRecord.ts"
import { compact } from "./Rest.ts"
import * as Secrets from "./Secrets.ts"

/**
 * Brings the outcome of a presentation to the chart, in its turn. `isCertain` events are recorded even while the session closes.
 *
 * @category models
 */
export type Land = (land: () => { readonly event: SessionEvent; readonly isCertain: boolean } | undefined) => void

/**
 * Begins a presentation. If the same renewal is already under way, that one continues as this one.
 *
 * @category combinators
 */
export const present = (core: Core, { attempt, generation, purpose, subject }: RequestToken, land: Land): void => {
  const work = workOf(core)
  const running = work.flights?.current
  if (running?.purpose === "renewal" && purpose === "renewal" && running.generation === generation) {
    running.attempt = attempt
    running.abandoned = false
    return
  }
  const isUserCall = purpose === "passcode" || (purpose === "sign_in" && work.isUserCall)
  work.isUserCall = false
  const flight: Flight = {
    attempt,
    purpose,
    generation,
    subject,
    userCall: isUserCall ? purpose : undefined,
    startedAt: core.now,
    again: undefined,
    waits: false,
    abandoned: false,
    key: undefined,
    fiber: undefined,
  }
  work.flights = { current: flight, all: [...(work.flights?.all ?? []), flight] }
  flight.fiber = core.runtime.fork(fly(core, flight, land))
}

/**
 * The chart does not wait for a presentation any more.
 *
 * @category combinators
 */
export const abandon = (core: Core, attempt: number): void => {
  const flight = core.work?.flights?.current
  if (flight?.attempt !== attempt) return
  flight.abandoned = true
  // If the provider can revoke tokens, a token that is still on its way is awaited. A renewal may yet be joined.
  if (flight.purpose !== "renewal" && (flight.waits || !canRevoke(core))) flight.fiber?.interruptUnsafe()
}

const fly = (core: Core, flight: Flight, land: Land): Effect.Effect<void> => {
  const presented = OwnRecord.removed(core).pipe(
    Effect.andThen(
      guarded(core.account, () =>
        Exchange.present(core, flight, (prompted) =>
          land(() => ({
            event: { type: "Prompted", attempt: flight.attempt, ...prompted, now: core.now },
            isCertain: false,
          })),
        ),
      ),
    ),
  )
  const what = { provider: idOf(core), purpose: flight.purpose, isChild: core.acting !== undefined }
  return core.runtime.telemetry.presentation(what, presented).pipe(
    Effect.exit,
    Effect.flatMap((exit) => landed(core, flight, exit, land)),
    Effect.ensuring(Effect.sync(() => forget(core, flight))),
    // `Claim` marks what may be interrupted.
    Effect.uninterruptible,
  )
}

const forget = (core: Core, flight: Flight): void => {
  const work = workOf(core)
  const { all = [], current } = work.flights ?? {}
  const others = all.filter((one) => one !== flight)
  work.flights = others.length === 0 ? undefined : { current, all: others }
  compact(core)
}

/** Tells the chart the outcome, and revokes a token that must not be used because it came after all callers had stopped waiting. */
const landed = (
  core: Core,
  flight: Flight,
  exit: Exit.Exit<Brought, AuthError.AuthError>,
  land: Land,
): Effect.Effect<void> =>
  Effect.suspend(() => {
    const brought = Exit.isSuccess(exit) ? exit.value : undefined
    let unused = brought?._tag === "SignedOut" ? brought.unused : undefined
    land(() => {
      const work = workOf(core)
      if (work.flights?.current === flight) work.flights.current = undefined
      if (flight.abandoned || flight.attempt !== core.context.attempt) {
        if (brought?._tag === "Issued") unused = brought.tokens
        return undefined
      }
      // If this throws, the presentation ends as `lost`.
      return Exit.isSuccess(exit)
        ? { event: succeeded(core, flight, exit.value), isCertain: true }
        : {
            event: setbacksOf(core).outcomeOf(flight, errorOf(exit.cause, core.account), core.context),
            // What was interrupted did not happen.
            isCertain: !Cause.hasInterruptsOnly(exit.cause),
          }
    })
    return unused === undefined ? Effect.void : revoke(core, [unused])
  })

/**
 * What the chart is told after a step threw, perhaps because of a provider's value, and nothing is under way that would end its waiting.
 * Without this event callers would wait for ever. Nothing repeats it, and the provider's value is not read again.
 *
 * @category getters
 */
export const lost = (core: Core): SessionEvent | undefined => {
  const { context, work } = core
  const { attempt, presenting: purpose } = context
  if (purpose === null || work?.flights?.current?.fiber !== undefined) return undefined
  const flight = { attempt, purpose, again: null, startedAt: 0 }
  return setbacksOf(core).outcomeOf(flight, failure(core.account, AuthError.Unreadable), context)
}

const succeeded = (core: Core, flight: Flight, brought: Brought): SessionEvent => {
  const { attempt, purpose } = flight
  const now = core.now
  switch (brought._tag) {
    case "Challenged":
      Secrets.put(core, "challenge", brought.challenge)
      return { type: "Challenged", attempt, challengeUntil: brought.until, now }
    case "SignedOut":
      return { type: "SignOut", elsewhere: true }
    case "Issued":
    case "Adopted": {
      const { generation, times, tokens } = brought
      if (purpose === "act_as") Secrets.put(core, "acting", tokens)
      else Secrets.keep(core, tokens, times, flight.key, generation)
      if (purpose === "sign_in" || purpose === "passcode") Secrets.approve(core)
      if (purpose !== "act_as") core.runtime.records.kept(core)
      overcome(core, flight)
      return {
        type: brought._tag,
        attempt,
        times,
        personNeededAt: personNeededAt(core, tokens, times),
        now,
        // An adopted one always has a generation.
        ...(generation !== undefined && { generation }),
      } as SessionEvent
    }
  }
}

/** A presentation succeeded, so what is left of earlier failures may be nothing. */
const overcome = (core: Core, { purpose, userCall }: Flight): void => {
  const work = workOf(core)
  work.setbacks?.overcome(purpose)
  if (work.setbacks?.isEmpty === true) work.setbacks = undefined
  // Children that are asking right now share it. So does a presentation whose callers have left.
  const isShared = work.children !== undefined || (work.flights?.all.length ?? 0) > 1
  if (!isShared && work.throttle?.isOver === true) work.throttle = undefined
  // After a new sign-in by a user, the count of failures starts again.
  if (userCall === "sign_in") work.rejections = undefined
}

/**
 * Tells the provider to forget tokens, one after the other. The first failure ends it.
 *
 * @category combinators
 */
export const revoke = (core: Core, tokens: ReadonlyArray<Tokens>): Effect.Effect<void> => {
  if (!canRevoke(core)) return Effect.void
  const { account, runtime } = core
  return inTurn(tokens, ({ accessToken }) => runtime.endpoint.revoke(account, accessToken)).pipe(
    Effect.catchCause(() => runtime.telemetry.warn("pbx-auth: the provider did not revoke a token")),
  )
}

const canRevoke = ({ account }: Core): boolean => readOr(() => account.provider.capabilities.has("revoke"), false)

/** A presentation that was interrupted without a request for it counts as not having happened. */
const errorOf = (cause: Cause.Cause<AuthError.AuthError>, account: Account): AuthError.AuthError =>
  cause.reasons.find(Cause.isFailReason)?.error ?? failure(account, AuthError.Unavailable)
