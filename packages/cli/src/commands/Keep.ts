/** The work of `keep`: one renewal of a profile's tokens if that is due, for a timer or cron. */

import { fromReason, PasscodeRequired, type ProviderId, RenewalRefused } from "@pbx-auth/providers/AuthError"
import type * as Cause from "effect/Cause"
import * as Clock from "effect/Clock"
import * as Console from "effect/Console"
import * as Effect from "effect/Effect"
import * as FetchHttpClient from "effect/http/FetchHttpClient"
import * as Option from "effect/Option"
import * as Stream from "effect/Stream"
import * as Explanation from "../failure/Explanation.ts"
import { exitCodeOf } from "../failure/Failure.ts"
import { NotRenewed } from "../failure/NotRenewed.ts"
import * as Telling from "../failure/Telling.ts"
import type { GivenTo } from "../grammar/Command.ts"
import type { commands } from "../grammar/Grammar.ts"
import type { Target } from "../kept/Kept.ts"
import * as KeptStore from "../kept/KeptStore.ts"
import * as Orphans from "../kept/Orphans.ts"
import * as Profile from "../profile/Profile.ts"
import * as ProfileFile from "../profile/ProfileFile.ts"
import { type AnySession, choiceOf } from "../provider/ProviderChoice.ts"
import * as ActedFor from "../session/ActedFor.ts"
import * as ProfileSession from "../session/ProfileSession.ts"
import * as Wait from "../session/Wait.ts"
import * as Printable from "../shell/Printable.ts"
import * as Status from "./Status.ts"

/** How long a renewal may take, beyond the patience of the user, in ms. A request ends after 15 seconds. */
const LONGEST = 30_000

type View = Effect.Success<AnySession["view"]>

/** Whether the session has another token, or will not get one now. What is under way may still bring it. */
const isOver = ({ awaiting, generation, refusal, retryAt }: View, before: number, patience: number): boolean =>
  generation > before ||
  awaiting === "passcode" ||
  (refusal !== null && awaiting !== "provider" && (patience === 0 || (awaiting === null && retryAt === null)))

/** Why there is no other token: a person is needed, or it may pass. */
const failureOf = ({ awaiting, refusal, retryAt }: View, provider: ProviderId) => {
  if (awaiting === "passcode") return fromReason(new PasscodeRequired({ provider }))
  if (refusal?.code === "RenewalRefused") return fromReason(new RenewalRefused({ provider }))
  const { code, message, remedy } = refusal ?? {
    code: "Unavailable",
    message: "The renewal has no result yet. Try again later.",
    remedy: "retry" as const,
  }
  // The refresh token is tried again while the token lives, so nobody has to sign in yet.
  const isTriedAgain = code === "OutcomeUnknown" && retryAt !== null
  return new NotRenewed({ code, message, remedy: isTriedAgain ? "retry" : remedy, retryAt })
}

/** Waits until the session has another token, or says why it has none yet. */
const settled = (session: AnySession, provider: ProviderId, generation: number, patience: number) =>
  Effect.gen(function* () {
    const next = session.changes.pipe(
      Stream.filter((view) => isOver(view, generation, patience)),
      Stream.runHead,
      Effect.timeoutOption(patience + LONGEST),
    )
    const found = Option.flatten(yield* next)
    const view = Option.isSome(found) ? found.value : yield* session.view
    if (view.generation <= generation) yield* Effect.fail(failureOf(view, provider))
  })

/** Renews what is due. Returns whether there is a new token. */
const renewed = (kept: ProfileSession.Existing, store: KeptStore.KeptStore, patience: number | undefined) =>
  Effect.gen(function* () {
    const { record, session } = yield* ProfileSession.open(kept, store, patience)
    const now = yield* Clock.currentTimeMillis
    const dueAt = record?.times?.dueAt
    const isDue = record?.tokens === undefined || (dueAt !== null && dueAt !== undefined && dueAt <= now)
    if (!isDue) return false
    yield* session.bearer
    const { id } = (yield* choiceOf(kept.profile.provider)).provider
    yield* settled(session, id, record?.generation ?? 0, patience ?? 0)
    return true
  }).pipe(Effect.scoped, Effect.mapError(ProfileSession.inPerson(kept.name)))

/** Tells the failure of one among all, and whose it is; returns its exit code. */
const told = (
  kept: Pick<ProfileSession.Existing, "directory" | "name">,
  given: GivenTo<typeof commands.keep>,
  cause: Cause.Cause<unknown>,
) => {
  const failure = Explanation.within(Explanation.of(cause), kept)
  const json = given.json === true
  const line = Telling.line(
    { json, curl: false },
    json ? failure : { ...failure, line: `${kept.name}: ${failure.line}` },
  )
  return Effect.as(Console.error(line), exitCodeOf(failure))
}

const keep = (kept: ProfileSession.Existing, store: KeptStore.KeptStore, given: GivenTo<typeof commands.keep>) =>
  Effect.gen(function* () {
    const patience = Wait.millis(given.wait)
    const isNew = yield* renewed(kept, store, patience)
    yield* ActedFor.sweep(store, kept.profile)
    const state = yield* Status.stateOf(store, kept.name, kept.profile)
    const line =
      given.json === true
        ? Printable.json({ ...state, renewed: isNew })
        : Printable.line(
            `${kept.name}: ${isNew ? "renewed" : "nothing is due"}${state.due_at === null ? "" : `, next from ${state.due_at} on`}${
              state.refresh_life === "unknown" ? "; the life of its refresh token is unknown" : ""
            }`,
          )
    yield* Console.log(line)
    // The JSON has it.
    if (state.warning !== null && given.json !== true) {
      yield* Console.error(`pbx-auth: ${given.all === true ? `${kept.name}: ` : ""}${state.warning}`)
    }
  })

/** If profiles end differently, the worst is told: a person is needed most urgently. */
const worst = (codes: ReadonlyArray<number>): number => Math.max(0, ...codes)

/**
 * Keeps the tokens of one profile, or of all that were signed in. Returns the exit code. The failure of one among all has been told.
 *
 * @category running
 */
export const run = Effect.fnUntraced(function* (
  given: GivenTo<typeof commands.keep>,
  target: Exclude<Target, { readonly of: "provider" }>,
) {
  const { directory } = target
  // Once for all profiles. If it cannot be opened, each of them says so.
  const opened = yield* Effect.cached(KeptStore.open(directory))
  if (target.of === "profile") {
    const { profile } = target
    if (profile !== undefined) yield* keep({ ...target, profile }, yield* opened, given)
    return 0
  }
  const codes: Array<number> = []
  for (const name of Profile.list(directory)) {
    const one = Effect.gen(function* () {
      const profile = yield* ProfileFile.attempt(() => Profile.read(directory, name))
      if (profile === undefined) return 0
      const store = yield* opened
      if (yield* isToBeKept(store, name, profile)) yield* keep({ directory, name, profile }, store, given)
      return 0
    })
    // One that is damaged keeps nobody from the others.
    const all = Effect.catchCause(one, (cause) => told({ directory, name }, given, cause))
    codes.push(yield* Effect.annotateLogs(all, Telling.profile, name))
  }
  if (codes.length > 0) yield* Effect.ignore(Effect.flatMap(opened, (store) => Orphans.sweep(directory, store)))
  return worst(codes)
}, Effect.provide(FetchHttpClient.layer))

/** One that a person has signed out stays signed out, and is no failure. */
const isToBeKept = (store: KeptStore.KeptStore, name: string, profile: Profile.Profile) =>
  Effect.map(Status.stateOf(store, name, profile), ({ state }) => state !== "signed_out" && state !== "not_signed_in")
