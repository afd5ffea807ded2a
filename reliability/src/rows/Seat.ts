/** A caller of a vendor's API, and what the vendor's journal must say of its calls. */
import type { JournalEntry } from "@pbx-auth/emulator/Journal"
import type { AuthError } from "@pbx-auth/providers/AuthError"
import { make as authorizedClient } from "@pbx-auth/session/BearerHttpClient"
import type { BearerSource } from "@pbx-auth/session/Session"
import * as Effect from "effect/Effect"
import * as HttpClient from "effect/http/HttpClient"

export interface Seat {
  readonly who: string
  readonly as: string
  /** Asks for a token as the caller. */
  readonly ask: Effect.Effect<unknown, AuthError>
  /** Whether the call was answered. */
  readonly call: Effect.Effect<boolean>
  sent: number
  answered: number
}

/** What all callers did together. */
export interface Tally {
  /** Calls that were sent. */
  calls: number
  /** Tokens handed out by a session that had ended before they were asked for. */
  handedOut: number
  /** Answers to another user than the one whom the caller acts as. */
  misnamed: number
}

export interface Options {
  /** The user whose session it is, and the one whom the API must see. */
  readonly who: string
  readonly as: string
  readonly source: BearerSource
  /** Whether the session has ended. */
  readonly isLost: Effect.Effect<boolean>
  readonly client: HttpClient.HttpClient
  readonly url: string
  /** Where the API returns the caller's name. */
  readonly names: "uid" | "email"
  readonly tally: Tally
  /** Runs at each call. */
  readonly onCall: () => void
}

export const make = Effect.fnUntraced(function* (options: Options) {
  const { as, client, isLost, names, onCall, source, tally, url, who } = options
  // Calls before the end may have been answered; calls after it may not.
  const bearer = Effect.flatMap(isLost, (wasLost) =>
    Effect.tap(source.bearer, () => Effect.sync(() => wasLost && tally.handedOut++)),
  )
  const counting = HttpClient.tapRequest(client, () =>
    Effect.sync(() => {
      seat.sent++
      tally.calls++
      onCall()
    }),
  )
  const api = yield* authorizedClient({ ...source, bearer }).pipe(
    Effect.provideService(HttpClient.HttpClient, counting),
  )
  const call = api.get(url).pipe(
    Effect.flatMap((response) => Effect.map(response.text, (text) => ({ text, status: response.status }))),
    Effect.map(({ status, text }) => {
      if (status !== 200) return false
      if (JSON.parse(text)[names] !== as) tally.misnamed++
      seat.answered++
      return true
    }),
    Effect.orElseSucceed(() => false),
  )
  const seat: Seat = { who, as, ask: bearer, call, sent: 0, answered: 0 }
  return seat
})

/** Calls in the vendor's journal that no caller made, and answers that a caller got but the journal does not have. */
export const unaccounted = (entries: ReadonlyArray<JournalEntry>, seats: ReadonlyArray<Seat>): number => {
  const keyOf = (who: string | undefined, as: string) => JSON.stringify([who, as])
  const left = new Map(seats.map(({ answered, as, sent, who }) => [keyOf(who, as), { sent, answered }]))
  let wrong = 0
  for (const { account, outcome, subject = account } of entries) {
    if (!outcome.startsWith("api call as ")) continue
    const seat = left.get(keyOf(account, subject ?? ""))
    if (seat === undefined || outcome !== `api call as ${subject}` || seat.sent === 0) wrong++
    else {
      seat.sent--
      seat.answered--
    }
  }
  return [...left.values()].reduce((sum, { answered }) => sum + Math.max(0, answered), wrong)
}
