/**
 * What holds in every state of every session, whatever happens to it. A witness checks it after each of many random events: it
 * believes nothing of the chart except its commands, and reads its snapshots from outside.
 */
import { isDeepStrictEqual } from "node:util"
import { type RenewalPolicy, type TokenTimes, tokenTimes } from "@pbx-auth/machine/Renewal"
import type { WakeAt } from "@pbx-auth/machine/SessionCommand"
import type { SessionContext, SessionInput, TokenFacts } from "@pbx-auth/machine/SessionContext"
import { isUsable } from "@pbx-auth/machine/SessionContext"
import type { Outcome, Refusal, SessionEvent, SystemEvent, UserEvent } from "@pbx-auth/machine/SessionEvent"
import { sessionMachine } from "@pbx-auth/machine/SessionMachine"
import { type OfferedAction, SessionView } from "@pbx-auth/machine/SessionView"
import { initialTransition, transition } from "xstate"
import { Random } from "./Random.ts"
import { commandsIn, type Machine, MINUTE, pathOf, type Snapshot } from "./Walk.ts"

/** Stands in every event where a careless caller could put a secret. */
const CANARY = "canary-8c1f"

const userEvents: Record<OfferedAction, UserEvent> = {
  sign_in: { type: "SignIn" },
  submit_passcode: { type: "SubmitPasscode" },
  cancel: { type: "Cancel", now: 0 },
  act_as: { type: "ActAs", subject: "1002" },
  stop_acting: { type: "StopActing", now: 0 },
  sign_out: { type: "SignOut" },
}

const policies: ReadonlyArray<RenewalPolicy> = [
  {
    policy: "before_expiry",
    window: { fraction: 0.1, atMost: 5 * MINUTE, jitter: 0.5 },
    margin: { fraction: 0.1, atMost: MINUTE / 2 },
  },
  { policy: "after_expiry" },
  { policy: "never" },
]
const lives = [0, 1000, MINUTE, 50 * MINUTE, 60 * MINUTE, 24_304_413_000, null]

const refusals: ReadonlyArray<Refusal> = [
  { code: "BadCredentials", remedy: "sign_in" },
  { code: "BadPasscode", remedy: "passcode" },
  { code: "ChallengeExpired", remedy: "passcode" },
  { code: "RenewalRefused", remedy: "sign_in" },
  { code: "ClientRefused", remedy: "configure" },
  { code: "NotAllowed", remedy: "ask_administrator" },
  // From a newer library, or a caller of JavaScript.
  { code: "Unheard of" as Refusal["code"], remedy: "report" },
]

/** Any outcome, of the presentation `attempt`. */
const outcome = (random: Random, attempt: number, now: number): Outcome => {
  const times: TokenTimes = {
    ...tokenTimes(random.of(policies), { issuedAt: now, lifetime: random.of(lives), random: random.next() }),
    ...{ access_token: CANARY },
  }
  const refusal = { ...random.of(refusals), cause: CANARY }
  const retryAt = random.chance(0.3) ? null : now + random.below(5 * MINUTE)
  return random.of<() => Outcome>([
    () => ({ type: "Issued", attempt, times, now }),
    () => ({ type: "Issued", attempt, times, now }),
    () => ({ type: "Issued", attempt, times, generation: random.below(200), now }),
    () => ({ type: "Adopted", attempt, times, generation: random.below(200), now }),
    () => ({ type: "Challenged", attempt, challengeUntil: now + random.below(5 * MINUTE), access_token: CANARY, now }),
    () => ({ type: "Refused", attempt, refusal, now }),
    () => ({ type: "Refused", attempt, refusal, bearer: "rejected", now }),
    () => ({ type: "Unavailable", attempt, refusal, retryAt, now }),
    () => ({ type: "OutcomeUnknown", attempt, refusal, retryAt, now }),
    () => ({ type: "OutcomeUnknown", attempt, refusal, retryAt, signInAt: now + random.of([0, MINUTE]), now }),
  ])()
}

/** An API rejected a token that had just replaced another one. */
const doubt = { refusal: { code: "NotAllowed", remedy: "ask_administrator", ...{ cause: CANARY } } } as const

const systemEvent = (random: Random, attempt: number, generation: number, now: number): SystemEvent => {
  const kept = tokenTimes(random.of(policies), {
    issuedAt: now - random.below(90 * MINUTE),
    lifetime: random.of(lives),
    random: random.next(),
  })
  return random.of<() => SystemEvent>([
    () => ({ type: "Due", generation, now }),
    () => ({ type: "Due", generation, now }),
    () => ({ type: "Rejected", generation, now, ...(now % 3 === 0 && { doubt: { ...doubt, until: now + MINUTE } }) }),
    () => ({
      ...{
        type: "Prompted" as const,
        attempt: attempt - random.below(2),
        kind: random.of(["device", "redirect"] as const),
        now,
      },
      ...{ until: now + random.below(5 * MINUTE), userCode: CANARY },
    }),
    () => ({
      type: "Restored",
      facts: random.chance(0.2)
        ? null
        : {
            ...kept,
            ...{ refresh_token: CANARY },
            generation: random.below(50),
            via: random.of(["sign_in", "renewal"] as const),
          },
      pending: random.chance(0.7)
        ? null
        : {
            retryAt: random.chance(0.5) ? null : now + random.below(5 * MINUTE),
            ...(random.chance(0.5) && { signInAt: now + random.of([0, MINUTE]) }),
          },
      now,
    }),
  ])()
}

const userEvent = (random: Random, now: number): UserEvent => {
  const chosen = random.of(Object.values(userEvents))
  return { ...chosen, ...("now" in chosen ? { now } : {}), ...{ password: CANARY } }
}

/**
 * - `calm`: mostly what a driver in order sends, so that the walk gets deep into the chart.
 * - `adversarial`: anything at any time, most of it late, doubled, stale, out of order, with a clock that also goes back.
 */
export type Mix = "calm" | "adversarial"

const contextKeys = [
  "acting",
  "actsForOthers",
  "attempt",
  "challengeUntil",
  "challenged",
  "child",
  "generation",
  "next",
  "own",
  "personNeededAt",
  "presenting",
  "prompt",
  "refusal",
  "renewedForActing",
  "renewsWith",
  "retryAt",
  "signedOut",
  "subject",
  "unattended",
]
const factsKeys = ["dueAt", "expiresAt", "generation", "issuedAt", "rejected", "usableUntil", "via"]
const refusalKeys = ["code", "remedy"]
const keysAre = (value: object | null, keys: ReadonlyArray<string>) =>
  value === null || isDeepStrictEqual(Object.keys(value).sort(), keys)

/** The facts that a bearer may be handed out of, as a reader of the rules would say it. */
const alive = (facts: TokenFacts | null, now: number) =>
  facts !== null && !facts.rejected && (facts.usableUntil === null || now < facts.usableUntil)

/** What is checked; each can be replaced by a broken one, to show that the checks see it. */
export interface Checked {
  readonly machine?: Machine
  readonly usable?: (context: SessionContext, now: number) => boolean
  readonly view?: typeof SessionView.of
}

/** How far the walks came, so that a test can tell that they went anywhere. */
export interface Tally {
  readonly paths: Set<string>
  events: number
  inTime: number
  late: number
}

/** One session under random events. Throws the name of the first invariant that does not hold. */
const session = (
  { machine = sessionMachine, usable = isUsable, view = SessionView.of }: Checked,
  input: SessionInput,
  random: Random,
  mix: Mix,
  events: number,
  tally: Tally,
): void => {
  const isChild = input.subject !== undefined
  const told: Array<SessionEvent> = []
  const inFlight = new Set<number>()
  const rejected = new Set<number>()
  let snapshot: Snapshot = initialTransition(machine, input)[0]
  let now = 0
  let presented = 0
  let wake: WakeAt = { at: null, generation: 0 }
  /** A driver holds what a challenge left, until it passes or is abandoned: a passcode is of no use without it. */
  let challenge = false
  /** A whole sign-in has happened since the session was last idle: a second factor is passed, not demanded. */
  let completed = false

  const choose = (): SessionEvent => {
    const { attempt, own, acting, generation } = snapshot.context
    const [current] = inFlight
    const calm = mix === "calm"
    const speaksOf = calm
      ? wake.generation
      : random.of([wake.generation, own?.generation ?? 0, acting?.generation ?? 0, generation, generation + 1, 0])
    if (told.length > 0 && random.chance(calm ? 0.02 : 0.15)) return random.of(told.slice(-40))
    if (current !== undefined && random.chance(calm ? 0.8 : 0.3)) return outcome(random, current, now)
    if (random.chance(calm ? 0.05 : 0.3)) return outcome(random, attempt + random.of([-2, -1, 0, 1]), now)
    if (random.chance(0.5)) return systemEvent(random, attempt, speaksOf, now)
    if (calm && random.chance(0.9)) {
      const offered = SessionView.of(snapshot).actions.filter((action) => action !== "sign_out" || random.chance(0.1))
      if (offered.length > 0) return { ...userEvents[random.of(offered)], ...{ now } }
    }
    return userEvent(random, now)
  }

  for (let step = 0; step < events; step++) {
    if (wake.at !== null && random.chance(0.3)) now = Math.max(now, wake.at)
    else now += random.of([0, 0, 1000, MINUTE, 30 * MINUTE, 300 * MINUTE])
    if (mix === "adversarial" && random.chance(0.05)) now -= random.below(90 * MINUTE)

    const event = choose()
    told.push(event)
    const before = snapshot
    const image = JSON.stringify(before)
    const [next, actions] = transition(machine, before, event)
    const commands = commandsIn(actions)
    snapshot = next
    const { context } = snapshot
    const path = pathOf(snapshot.value)
    tally.paths.add(path)
    tally.events++

    const holds = (invariant: string, is: boolean) => {
      if (!is) {
        const last = told.slice(-6).map((event) => JSON.stringify(event))
        throw new Error(`${invariant}: in ${path}, after\n  ${last.join("\n  ")}\n  ${JSON.stringify(context)}`)
      }
    }

    // As a driver sees it: what is presented is in flight until its outcome or its abandonment.
    const isOutcome = "attempt" in event && event.type !== "Prompted"
    const inTime = isOutcome && inFlight.delete(event.attempt)
    if (isOutcome) tally[inTime ? "inTime" : "late"]++
    if (isOutcome && !inTime)
      holds("a late reply changes nothing", JSON.stringify(snapshot) === image && commands.length === 0)
    if (inTime && event.type === "Challenged") challenge = true
    for (const command of commands) {
      if (command.type === "abandon") {
        inFlight.delete(command.params.attempt)
        challenge = false
      }
      if (command.type === "wakeAt") wake = command.params
      if (command.type === "requestToken") {
        holds("every presentation has a number of its own", command.params.attempt > presented)
        presented = command.params.attempt
        inFlight.add(presented)
        holds("at most one presentation is in flight", inFlight.size === 1)
        holds(
          "a subject is presented for acting alone",
          (command.params.subject !== null) === (command.params.purpose === "act_as"),
        )
      }
    }
    holds(
      "the chart awaits what is in flight",
      context.presenting === null ? inFlight.size === 0 : inFlight.has(context.attempt),
    )

    // What is remembered, and where.
    if (path.startsWith("expiring")) holds("what expires is there", context.own !== null)
    if (path === "authenticated" || path === "refreshed") holds("at rest there is a token", context.own !== null)
    if (path === "masqueraded.live") holds("alive for a subject there is a token", context.acting !== null)
    if (path === "unauthenticated.idle")
      holds("idle keeps nothing", context.own === null && context.acting === null && context.presenting === null)
    holds(
      "a subject is there while acting",
      path.startsWith("masqueraded") ? context.subject !== null : isChild || context.subject === null,
    )
    if (!path.startsWith("masqueraded")) holds("an acting token is there while acting alone", context.acting === null)
    holds(
      "a challenge is there while it is demanded",
      path.startsWith("mfa_required") === (context.challengeUntil !== null),
    )
    holds(
      "a person at a browser is waited for while signing in",
      context.prompt === null || (path.endsWith(".signing_in") && context.presenting !== null),
    )
    if (isChild) {
      holds("a child is signed out or acts", /^(unauthenticated|masqueraded)/.test(path))
      holds(
        "a child has no token of its own, and keeps its subject",
        context.own === null && context.subject === input.subject,
      )
    }
    if (path.startsWith("mfa_required")) holds("what is to be answered is still at hand", challenge)
    holds("generations never go back", context.generation >= before.context.generation)
    holds("attempts never go back", context.attempt >= before.context.attempt)

    // What may be handed out.
    if (event.type === "Rejected" && event.doubt === undefined)
      for (const facts of [before.context.own, before.context.acting])
        if (facts?.generation === event.generation) rejected.add(event.generation)
    if (path === "unauthenticated.idle") {
      completed = false
      rejected.clear()
    } else if (event.type === "Restored" && pathOf(before.value) === "unauthenticated.idle") completed = true
    else if (inTime && (event.type === "Issued" || event.type === "Adopted")) completed = true
    for (const moment of [now, 0, now + 45 * MINUTE]) {
      const handsOut = usable(context, moment)
      if (!completed) holds("nothing is usable before a whole sign-in", !handsOut)
      if (path === "masqueraded.starting") holds("nothing is usable while acting only starts", !handsOut)
      const facts = path.startsWith("masqueraded") ? context.acting : context.own
      if (handsOut) holds("what is usable lives, and is that of the subject while acting", alive(facts, moment))
      else holds("what lives is usable", !alive(facts, moment))
    }
    for (const facts of [context.own, context.acting])
      if (facts !== null && rejected.has(facts.generation)) holds("a rejected token stays rejected", facts.rejected)

    // A snapshot is for showing: plain JSON, of known keys, with nothing in it that a caller smuggled.
    const shown = { value: snapshot.value, context }
    holds("a snapshot is plain JSON", isDeepStrictEqual(JSON.parse(JSON.stringify(shown)), shown))
    holds(
      "a snapshot has known keys alone",
      keysAre(context, contextKeys) &&
        keysAre(context.own, factsKeys) &&
        keysAre(context.acting, factsKeys) &&
        keysAre(context.prompt, ["kind", "until"]) &&
        keysAre(context.refusal, refusalKeys),
    )
    const seen = view(snapshot)
    holds("no secret gets in", !JSON.stringify([snapshot, commands, seen]).includes(CANARY))

    // What a person sees.
    holds("every state has a view", seen.path === path && seen.label !== path && seen.label !== "")
    for (const [action, plain] of Object.entries(userEvents)) {
      // Acting is for another subject than the current one.
      const userEvent = plain.type === "ActAs" ? { ...plain, subject: `${context.subject}2` } : plain
      const offered = (seen.actions as ReadonlyArray<string>).includes(action)
      if (offered) holds(`an offered action is accepted (${action})`, snapshot.can(userEvent))
      // Signing out twice does no harm, so the chart accepts it, but does not offer it. A child takes its events only from its
      // driver.
      else if (!isChild && (action !== "sign_out" || path !== "unauthenticated.idle"))
        holds(`an accepted event is offered (${action})`, !snapshot.can(userEvent))
    }

    // A wake-up that was set comes.
    if (wake.at !== null && context.presenting === null) {
      const [woken] = transition(machine, snapshot, { type: "Due", generation: wake.generation, now: wake.at })
      holds("an alarm is heard", pathOf(woken.value) !== path || woken.context.attempt > context.attempt)
    }
  }
}

/** Many sessions of `input`, `events` in all. A failure names the seed that repeats it. */
export const check = (
  checked: Checked,
  input: SessionInput,
  { seed, events, mix }: { readonly seed: number; readonly events: number; readonly mix: Mix },
): Tally => {
  const tally: Tally = { paths: new Set(), events: 0, inTime: 0, late: 0 }
  const random = new Random(seed)
  try {
    while (tally.events < events) session(checked, input, random, mix, Math.min(250, events - tally.events), tally)
  } catch (failure) {
    const reason = failure instanceof Error ? failure.message : String(failure)
    throw new Error(`event ${tally.events} of PBX_AUTH_SEED=${seed}, ${mix}: ${reason}`)
  }
  return tally
}
