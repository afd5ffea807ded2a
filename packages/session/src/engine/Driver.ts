/**
 * Makes a session happen: it steps the chart, carries out its commands, and hands out what came of them.
 *
 * A step is synchronous and runs to its end; what a command brings comes back as a later event. The chart is told only *that*
 * there are secrets; they lie in `Secrets`, what is presented with them is `Presentation`'s business, what follows from a failure
 * `Setbacks`'.
 *
 * A presentation runs as a fiber of its own that no caller owns, so a caller who gives up does not take it along, and a renewal
 * is never cut between presenting a refresh token and storing what came of it: the request's own deadline bounds it.
 */

import { reached } from "@pbx-auth/machine/Renewal"
import type { RequestToken, SessionCommand, WakeAt } from "@pbx-auth/machine/SessionCommand"
import {
  currentFacts,
  currentGeneration,
  initialContext,
  isUsableAt,
  type SessionInput,
  type TokenFacts,
} from "@pbx-auth/machine/SessionContext"
import type { SessionEvent } from "@pbx-auth/machine/SessionEvent"
import { sessionMachine } from "@pbx-auth/machine/SessionMachine"
import { type OfferedAction, SessionView } from "@pbx-auth/machine/SessionView"
import * as AuthError from "@pbx-auth/providers/AuthError"
import type { Account, Credentials } from "@pbx-auth/providers/Provider"
import * as Secret from "@pbx-auth/providers/Secret"
import type { Inspection, Tokens } from "@pbx-auth/providers/Token"
import { KnownSecrets } from "@pbx-auth/providers/TokenEndpoint"
import * as Cause from "effect/Cause"
import * as Deferred from "effect/Deferred"
import * as Effect from "effect/Effect"
import * as Exit from "effect/Exit"
import * as Fiber from "effect/Fiber"
import * as Redacted from "effect/Redacted"
import * as Schedule from "effect/Schedule"
import * as Bearer from "../Bearer.ts"
import type { SessionRuntime } from "../SessionRuntime.ts"
import type { Sleeper } from "../time/Alarm.ts"
import { nowhere } from "../time/WakeQueue.ts"
import type { SessionActivity, Watched } from "../Watcher.ts"
import * as Chart from "./Chart.ts"
import * as Claim from "./Claim.ts"
import type { Flight } from "./Flight.ts"
import * as LastChance from "./LastChance.ts"
import { Line } from "./Line.ts"
import { PendingCalls } from "./PendingCalls.ts"
import * as Presentation from "./Presentation.ts"
import { Rejections } from "./Rejections.ts"
import { Secrets } from "./Secrets.ts"
import * as SessionKey from "./SessionKey.ts"
import { Setbacks } from "./Setbacks.ts"
import * as StoreAccess from "./StoreAccess.ts"
import { Throttle } from "./Throttle.ts"
import { type Listener, Work } from "./Work.ts"

export type { Bearer } from "../Bearer.ts"
export type { Snapshot } from "./Chart.ts"

/**
 * Whose session it is: an account's, or a child's that acts for somebody with a parent's bearer.
 *
 * @category models
 */
export interface DriverOptions {
  readonly account: Account
  /** At hand for good: the session may sign in without a person. */
  readonly credentials?: Credentials | undefined
  /** Obtained elsewhere: the session begins with its renewal, unless the store knows what followed it. */
  readonly refreshToken?: Redacted.Redacted<string> | undefined
  /** For a child: whom it acts for, and whose bearer it presents. */
  readonly acting?: { readonly subject: string; readonly parent: Driver } | undefined
}

type Attempted<A> = Effect.Effect<A, AuthError.AuthError>

/** By how much two machines' clocks may differ, in ms, before a stored time is not believed. */
const CLOCK_TOLERANCE = 60_000

/** What the chart's last step left to hand out. Between two steps only the time can change that. */
interface Ready {
  readonly bearer: Bearer.Bearer
  readonly asBearer: Attempted<Bearer.Bearer>
  readonly asToken: Attempted<Bearer.Bearer["token"]>
  /** In clear, for who has no fiber; it goes with the rest at the next step. */
  asText: Promise<string> | undefined
  /** From then on it is due, or not usable any more; epoch ms. */
  readonly until: number
  readonly usableUntil: number
}

let processName: string | undefined
let numbers = 0

/** A name that no other session has, here or elsewhere. Made of two, because a random name for each would weigh more than its tokens. */
const holderOf = (number: number): string => {
  processName ??= crypto.randomUUID()
  return `${processName}.${number}`
}

/** How a record is removed when the store does not answer at once: five tries more, three seconds in all. */
const REMOVAL = Schedule.max([Schedule.exponential(100), Schedule.recurs(5)])

/**
 * One session at work. The typed faces are in `Session`; this is their engine.
 *
 * @category models
 */
export class Driver implements Sleeper, Watched {
  readonly account: Account
  readonly #runtime: SessionRuntime["Service"]
  readonly #acting: DriverOptions["acting"]
  readonly #secrets: Secrets
  #workMade: Work<Driver> | undefined
  /** Where it stands in the alarm's queue. */
  place = nowhere
  /** Another one after each sign-out. */
  #number = ++numbers

  /** What is left of it when nothing is under way, nothing was refused and nobody is acted for: then the rest is as at the start. */
  #own: TokenFacts | TokenFacts["via"] | null = null
  #generation = 0
  #attempt = 0
  #value: Chart.Snapshot["value"]
  /** The bearer that may be handed out without a second look, until when, and as effects; made when it is first asked for. */
  #ready: Ready | undefined

  private constructor(runtime: SessionRuntime["Service"], options: DriverOptions) {
    const { account, acting, credentials } = options
    this.account = account
    this.#runtime = runtime
    this.#acting = acting
    this.#secrets = new Secrets(credentials)
    const snapshot = Chart.begin(this.#input)
    this.#context = snapshot.context
    this.#value = snapshot.value
  }

  get #work(): Work<Driver> {
    this.#workMade ??= new Work()
    return this.#workMade
  }

  get #input(): SessionInput {
    const isUnattended = this.#acting !== undefined || this.#secrets.kept !== undefined
    return {
      unattended: isUnattended || this.account.provider.signsInWith === "client",
      renewsWith: this.account.provider.renewsWith,
      actsForOthers: this.account.provider.capabilities.has("act_as"),
      ...(this.subject === undefined ? {} : { subject: this.subject }),
    }
  }

  get #context(): Chart.Snapshot["context"] {
    if (this.#workMade?.context !== undefined) return this.#workMade.context
    const times = this.#secrets.times
    const own =
      typeof this.#own !== "string" || times === undefined
        ? (this.#own as TokenFacts | null)
        : { ...times, generation: this.#generation, via: this.#own, rejected: false }
    return { ...initialContext(this.#input), own, generation: this.#generation, attempt: this.#attempt }
  }

  set #context(context: Chart.Snapshot["context"]) {
    this.#work.context = context
  }

  // What most sessions never need weighs nothing until it is needed.

  get #setbacks(): Setbacks {
    this.#work.setbacks ??= new Setbacks(this.#runtime.clock, this.account, this.#runtime.random)
    return this.#work.setbacks
  }

  get #rejections(): Rejections {
    this.#work.rejections ??= new Rejections()
    return this.#work.rejections
  }

  /** A session and its children share one. */
  get #throttle(): Throttle {
    if (this.parent !== undefined) return this.parent.#throttle
    this.#work.throttle ??= new Throttle(this.#runtime.pauses, this.account, holderOf(this.#number))
    return this.#work.throttle
  }

  #inTurn<A>(call: Attempted<A>): Attempted<A> {
    return Effect.suspend(() => {
      const work = this.#work
      work.turn ??= new Line()
      work.calls += 1
      return Effect.ensuring(
        work.turn.through(call),
        Effect.sync(() => {
          work.grant()
          this.#compact()
        }),
      )
    })
  }

  /** For the time of one presentation: an idle session is not to carry it along. */
  get #presenter(): Presentation.Presenter {
    const runtime = this.#runtime
    const parent = this.parent
    return {
      account: this.account,
      runtime,
      secrets: this.#secrets,
      known: () => this.#known,
      throttle: this.#throttle,
      holder: holderOf(this.#number),
      own: () => this.#context.own,
      owner: (parent ?? this).#secrets,
      onUnlike: () => this.#tell(() => ({ _tag: "ActingUnlike" })),
      withParentBearer: parent === undefined ? undefined : (call) => parent.withOwnBearer(call),
    }
  }

  /** Makes a session and takes up what is stored of it. Fails as `StoreFailed` alone. */
  static make(runtime: SessionRuntime["Service"], options: DriverOptions): Attempted<Driver> {
    return Effect.suspend(() => {
      const driver = new Driver(runtime, options)
      return Effect.map(driver.#restore(options.refreshToken), (isRestored) => {
        if (!isRestored) driver.#tell(() => ({ _tag: "Opened" }))
        driver.#compact()
        return driver
      })
    })
  }

  // --- what is known ------------------------------------------------------------------------------------------------

  /** For a child: whom it acts for, all its life. */
  get subject(): string | undefined {
    return this.#acting?.subject
  }

  /** For a child: whose bearer it presents. */
  get parent(): Driver | undefined {
    return this.#acting?.parent
  }

  /** The chart as it stands. */
  get snapshot(): Chart.Snapshot {
    this.#work.snapshot ??= sessionMachine.resolveState({ value: this.#value, context: this.#context })
    return this.#work.snapshot
  }

  /** What a screen shows now. A closed session shows nobody signed in, and offers nothing. */
  get view(): SessionView {
    return SessionView.of(this.snapshot)
  }

  /** Now, by the session's clock (epoch ms): the times of a snapshot are of it. */
  get now(): number {
    return this.#runtime.clock.now()
  }

  /**
   * Calls the listener after each step, with the event that led to it, and once more when the session closes, until the function
   * that it returns is called. `onClose` is called after the last view.
   */
  subscribe(listener: Listener["onView"], onClose?: () => void): () => void {
    const entry: Listener = { onView: listener, onClose }
    if (this.#isClosed) onClose?.()
    else this.#work.listen(entry)
    return () => this.#workMade?.unlisten(entry)
  }

  get #isClosed(): boolean {
    return this.#workMade?.closing !== undefined
  }

  // --- sign-outs ----------------------------------------------------------------------------------------------------

  /** Fails as `SignedOut` as soon as somebody has signed out since this was read: here, elsewhere, or out of a child's parent. */
  get stands(): Attempted<void> {
    const root = this.parent ?? this
    const number = root.#number
    return Effect.suspend(() => (root.#number === number ? Effect.void : Effect.fail(root.#signedOut)))
  }

  /** Runs what somebody asks for. A sign-out ends it, whatever it waits for: it fails as `SignedOut`. */
  untilSignOut<A>(call: Attempted<A>): Attempted<A> {
    if (this.parent !== undefined) return this.parent.untilSignOut(call)
    return Effect.suspend(() => {
      const work = this.#work
      const calls = work.underWay ?? new PendingCalls()
      work.underWay = calls
      const end = () => {
        if (calls.isEmpty && work.underWay === calls) work.underWay = undefined
        this.#compact()
      }
      return Effect.ensuring(calls.run(call), Effect.sync(end))
    })
  }

  /** Whoever still waits asked before this sign-out, and whoever is told of it may ask anew. */
  #leave(): void {
    this.#number = ++numbers
    const work = this.#work
    const { rest, underWay } = work
    work.rest = work.promise = work.text = work.underWay = undefined
    // They are told when this step is over, and take no other one before.
    const over = Effect.andThen(Effect.yieldNow, Effect.fail(this.#signedOut))
    underWay?.end(over)
    if (rest !== undefined) Deferred.doneUnsafe(rest, over)
  }

  get #signedOut(): AuthError.AuthError {
    return AuthError.fromReason(new AuthError.SignedOut({ provider: this.account.provider.id }))
  }

  // --- the chart ----------------------------------------------------------------------------------------------------

  /** Hands an event to the chart. What it brings about is done when this returns, or is under way. */
  send(event: SessionEvent): void {
    this.#post(() => event)
  }

  /** The moment has come that the chart asked to be woken at. */
  wake(): void {
    this.send({ type: "Due", generation: currentGeneration(this.#context), now: this.now })
  }

  /** A thunk is run just before its event is taken: it may put secrets into slots, or find that it came too late. */
  #post(thunk: () => SessionEvent | undefined): void {
    this.#work.inbox ??= []
    const { inbox } = this.#work
    inbox.push(thunk)
    if (this.#work.isStepping) return
    this.#work.isStepping = true
    try {
      for (let next = inbox.shift(); next !== undefined; next = inbox.shift()) {
        const event = next()
        if (event !== undefined && !this.#isClosed) this.#step(event)
      }
      this.#work.inbox = undefined
    } finally {
      this.#work.isStepping = false
    }
    this.#release()
    this.#compact()
  }

  #step(event: SessionEvent): void {
    const before = this.snapshot
    const [snapshot, commands] = Chart.step(before, event)
    // What the chart does not take is no step: a late reply, or a demand that is met already.
    if (commands.length === 0 && snapshot.context === before.context && snapshot.value === before.value) {
      // What was stored may be of no use to it.
      if (event.type === "Restored") this.#tell(() => ({ _tag: "Opened" }))
      return
    }
    this.#be(snapshot)
    // Nothing follows from what still comes while the session closes; but it happened.
    if (!this.#isClosed) this.#follow(snapshot, commands, event)
    // What is taken up from the store leads to where the session opens.
    this.#tell(() =>
      event.type === "Restored" ? { _tag: "Opened" } : { _tag: "Stepped", event, from: SessionView.of(before).path },
    )
  }

  #follow(snapshot: Chart.Snapshot, commands: ReadonlyArray<SessionCommand>, event: SessionEvent): void {
    this.#ready = undefined
    // Who comes from now on may be served at once.
    this.#work.text = undefined
    for (const command of commands) this.#carryOut(command)
    this.#secrets.forget(snapshot, this.view)
    if (this.view.path === "unauthenticated.idle") this.#orphan()
    if (event.type === "SignOut") this.#leave()
    this.#publish(event)
  }

  #tell(activity: () => SessionActivity): void {
    try {
      this.#runtime.watcher?.(this, activity())
    } catch {
      this.#complain("pbx-auth: a watcher of sessions threw")
    }
  }

  /** What an app's function threw may hold anything, so it is not shown; the session goes on. */
  #complain(message: string): void {
    this.#runtime.fork(Effect.logWarning(message))
  }

  #be(snapshot: Chart.Snapshot): void {
    this.#context = snapshot.context
    this.#value = snapshot.value
    this.#work.snapshot = snapshot
  }

  /** A hundred thousand may be idle at once, and seldom does anybody look: what can be made again is let go. */
  #compact(): void {
    const work = this.#workMade
    if (work === undefined || work.isStepping || work.listeners !== undefined || this.#isClosed || this.#isPresenting)
      return
    work.snapshot = undefined
    if (work.removal?.pollUnsafe() !== undefined) work.removal = undefined
    if (work.rejections?.isOver(this.now) === true) work.rejections = undefined
    if (work.context !== undefined && this.#keep(work.context)) work.context = undefined
    if (work.isOver) this.#workMade = undefined
  }

  /** Keeps what is left of the chart's memory at rest, if it is at rest. */
  #keep(context: Chart.Snapshot["context"]): boolean {
    const { attempt, generation, own } = context
    const resting = { ...initialContext(this.#input), own, generation, attempt }
    const keys = Object.keys(resting) as Array<keyof typeof resting>
    if (keys.some((key) => resting[key] !== context[key])) return false
    this.#own = own !== null && this.#isOfRecord(own, generation) ? own.via : own
    this.#generation = generation
    this.#attempt = attempt
    return true
  }

  /** Do a token's facts follow from what is kept with the token itself? */
  #isOfRecord(own: TokenFacts, generation: number): boolean {
    const { times } = this.#secrets
    return (
      times !== undefined &&
      !own.rejected &&
      own.generation === generation &&
      own.issuedAt === times.issuedAt &&
      own.dueAt === times.dueAt &&
      own.usableUntil === times.usableUntil &&
      own.expiresAt === times.expiresAt
    )
  }

  #publish(event?: SessionEvent): void {
    for (const listener of [...(this.#work.listeners ?? [])]) {
      // One that was called before may have unsubscribed it.
      if (!this.#work.listeners?.has(listener)) continue
      try {
        listener.onView(this.view, event)
      } catch {
        this.#complain("pbx-auth: a listener of a session threw")
      }
    }
  }

  #carryOut(command: SessionCommand): void {
    switch (command.type) {
      case "requestToken":
        this.#present(command.params)
        break
      case "wakeAt":
        this.#wakeAt(command.params)
        break
      case "abandon":
        this.#abandon(command.params.attempt)
        break
      case "discard":
        // The acting token goes with the chart's memory of it (see `Secrets.forget`).
        if (command.params.scope === "all") this.#discardAll()
        break
    }
  }

  #wakeAt({ at }: WakeAt): void {
    if (at === null) this.#runtime.alarm.clear(this)
    else this.#runtime.alarm.set(this, at)
  }

  #abandon(attempt: number): void {
    const flight = this.#work.flight
    if (flight === undefined || flight.attempt !== attempt) return
    flight.abandoned = true
    // A token that is still on its way is awaited where the provider can be told to forget it. A renewal may yet be joined.
    if (flight.purpose !== "renewal" && !this.#can("revoke")) flight.fiber?.interruptUnsafe()
  }

  #discardAll(): void {
    const { key } = this.#secrets
    this.#secrets.signOut()
    for (const child of this.#work.children ?? []) this.#runtime.fork(child.close)
    if (key !== undefined && !this.#work.isRemovedElsewhere) this.#work.removal = this.#runtime.fork(this.#remove(key))
    this.#work.isRemovedElsewhere = false
  }

  /** A child never outlives its parent's sign-in: its token is still good, but nobody answers for it any more. */
  #orphan(): void {
    for (const child of this.#work.children ?? []) {
      // One that still waits for its first token learns from the presentation why there is none.
      if (child.#context.acting !== null) this.#runtime.fork(child.close)
    }
  }

  #remove(key: string): Effect.Effect<void> {
    const { store } = this.#runtime
    const once: Effect.Effect<boolean, AuthError.StoreFailed> = Effect.flatMap(StoreAccess.read(store, key), (seen) =>
      seen === undefined
        ? Effect.succeed(true)
        : StoreAccess.replace(store, key, seen.version, undefined).pipe(
            Effect.as(true),
            Effect.catchTag("StoreConflict", () => Effect.succeed(false)),
          ),
    )
    return Effect.repeat(once, { until: (isRemoved) => isRemoved }).pipe(
      Effect.retry(REMOVAL),
      Effect.asVoid,
      // Whatever it was, a defect too, is not shown: it may hold anything.
      Effect.catchCause(() => {
        this.#tell(() => ({ _tag: "StoreFailed", what: "remove" }))
        return Effect.logWarning("pbx-auth: the tokens of a session that was signed out are still stored")
      }),
    )
  }

  /** Was there anything to restore? */
  #restore(adopted: Redacted.Redacted<string> | undefined): Attempted<boolean> {
    return Effect.gen({ self: this }, function* () {
      const { clock, store } = this.#runtime
      const { provider } = this.account
      const secrets = this.#secrets
      if (this.parent !== undefined) return false
      if (secrets.kept === undefined && adopted === undefined && provider.signsInWith === "password") return false
      const key = yield* Effect.mapError(
        SessionKey.make(store, this.account, secrets.kept, adopted),
        AuthError.fromReason,
      )
      secrets.key = key
      const versioned = yield* Effect.mapError(StoreAccess.read(store, key), AuthError.fromReason)
      const isKnown = versioned?.record.tokens !== undefined || adopted === undefined
      const record = isKnown ? versioned?.record : Claim.adoption(adopted, clock.toWall(clock.now()))
      const times = record && Claim.timesOf(record, clock)
      if (record?.tokens === undefined || times === undefined) return false
      const { generation, intent, tokens, via } = record
      const now = clock.now()
      const wall = clock.toWall(now)
      const isLost = intent !== undefined && intent.purpose === "renewal" && intent.until <= wall
      // A token from the future was stored by a clock that this one is behind (a boot in 1970): how old it is nobody knows.
      const isAgeUnknown = times.issuedAt > now + CLOCK_TOLERANCE
      const facts = { ...times, ...(isAgeUnknown && { dueAt: now, usableUntil: now }), generation, via }
      const chance = () =>
        Math.max(now, LastChance.of({ ...facts, rejected: false }, this.account, this.#runtime.random()))
      this.#post(() => {
        secrets.keep(tokens, times, key, isKnown ? generation : undefined)
        const isHarmless = isLost && LastChance.isHarmless(provider, wall - intent.startedAt)
        const retryAt = isHarmless ? now : chance()
        const pending = isLost ? { retryAt, ...(!isHarmless && { signInAt: retryAt }) } : null
        return { type: "Restored", facts, pending, now }
      })
      return true
    })
  }

  // --- presentations ------------------------------------------------------------------------------------------------

  #present({ attempt, generation, purpose, subject }: RequestToken): void {
    const running = this.#work.flight
    if (running?.purpose === "renewal" && purpose === "renewal" && running.generation === generation) {
      running.attempt = attempt
      running.abandoned = false
      return
    }
    const isUserCall = purpose === "passcode" || (purpose === "sign_in" && this.#work.isUserCall)
    this.#work.isUserCall = false
    const flight: Flight = {
      attempt,
      purpose,
      generation,
      subject,
      userCall: isUserCall ? purpose : undefined,
      startedAt: this.now,
      again: undefined,
      abandoned: false,
      key: undefined,
      fiber: undefined,
    }
    this.#work.take(flight)
    flight.fiber = this.#runtime.fork(this.#fly(flight))
  }

  #fly(flight: Flight): Effect.Effect<void> {
    const provider = this.account.provider.id
    const exchange = Effect.suspend(() => Presentation.present(this.#presenter, flight))
    return this.#removed.pipe(
      Effect.andThen(exchange),
      // A defect is a mistake of ours, or of an app's client or store; the session must not hang for it, and its text must not be
      // shown, for it may hold anything.
      Effect.catchDefect(() => AuthError.fromReason(new AuthError.Unreadable({ provider }))),
      Effect.tap(({ _tag }) => Effect.annotateCurrentSpan("pbx_auth.outcome", outcomes[_tag])),
      Effect.tapError(({ reason }) => Effect.annotateCurrentSpan("pbx_auth.reason", reason._tag)),
      Effect.withSpan(
        `Session.${flight.purpose}`,
        { attributes: { "pbx_auth.provider": provider, "pbx_auth.child": String(this.parent !== undefined) } },
        { captureStackTrace: false },
      ),
      Effect.exit,
      Effect.flatMap((exit) => this.#land(flight, exit)),
      Effect.ensuring(Effect.sync(() => this.#forget(flight))),
      // What can be cut says so itself (see `Claim`).
      Effect.uninterruptible,
    )
  }

  #forget(flight: Flight): void {
    this.#work.forget(flight)
    this.#compact()
  }

  /** Until what was signed out is removed: a sign-in must not meet it. */
  get #removed(): Effect.Effect<void> {
    return Effect.suspend(() =>
      this.#work.removal === undefined ? Effect.void : Effect.asVoid(Fiber.await(this.#work.removal)),
    )
  }

  /** Tells the chart what came, and the provider about a token that nobody may use: it came after everybody stopped waiting. */
  #land(flight: Flight, exit: Exit.Exit<Claim.Brought, AuthError.AuthError>): Effect.Effect<void> {
    return Effect.suspend(() => {
      const brought = Exit.isSuccess(exit) ? exit.value : undefined
      let unused = brought?._tag === "SignedOut" ? brought.unused : undefined
      this.#post(() => {
        if (this.#work.flight === flight) this.#work.flight = undefined
        if (flight.abandoned || flight.attempt !== this.#context.attempt) {
          if (brought?._tag === "Issued") unused = brought.tokens
          return undefined
        }
        const event = Exit.isSuccess(exit)
          ? this.#succeed(flight, exit.value)
          : this.#setbacks.outcomeOf(flight, errorOf(exit.cause, this.account), this.#context.own)
        const isCut = Exit.isFailure(exit) && Cause.hasInterruptsOnly(exit.cause)
        // While the session closes nobody is told but who watches it; a renewal is stored by now.
        if (this.#isClosed && !isCut) this.#step(event)
        return event
      })
      return this.#revoke(unused === undefined ? [] : [unused])
    })
  }

  #succeed(flight: Flight, brought: Claim.Brought): SessionEvent {
    const { attempt, purpose } = flight
    const now = this.now
    switch (brought._tag) {
      case "Challenged":
        this.#secrets.challenge = brought.challenge
        return { type: "Challenged", attempt, challengeUntil: brought.until, now }
      case "SignedOut":
        this.#work.isRemovedElsewhere = true
        return { type: "SignOut", elsewhere: true }
      case "Issued":
      case "Adopted": {
        const { generation, times, tokens } = brought
        if (purpose === "act_as") this.#secrets.acting = tokens
        else this.#secrets.keep(tokens, times, flight.key, generation)
        if (purpose === "sign_in" || purpose === "passcode") this.#secrets.approve()
        if (purpose !== "act_as" && generation === undefined) this.#tell(() => ({ _tag: "StoreFailed", what: "store" }))
        this.#work.overcome(purpose)
        // Whoever signs in anew begins anew.
        if (flight.userCall === "sign_in") this.#work.rejections = undefined
        return brought._tag === "Adopted"
          ? { type: "Adopted", attempt, times, generation: brought.generation, now }
          : { type: "Issued", attempt, times, ...(generation !== undefined && { generation }), now }
      }
    }
  }

  // --- bearers ------------------------------------------------------------------------------------------------------

  /**
   * A bearer that may be handed out now. While the token lives this is immediate, and in its soft window it starts a renewal in
   * the background; otherwise it waits for the one presentation that is under way, or starts it, and shares what comes of it. It
   * never waits for a retry.
   */
  get bearer(): Attempted<Bearer.Bearer> {
    return Effect.suspend(() => {
      const now = this.now
      const ready = this.#ready
      return ready !== undefined && now < ready.until ? ready.asBearer : this.#bearerAt(now)
    })
  }

  /** The token of `bearer` alone: the way that is gone most often. */
  get accessToken(): Attempted<Bearer.Bearer["token"]> {
    return Effect.suspend(() => {
      const now = this.now
      const ready = this.#ready
      return ready !== undefined && now < ready.until ? ready.asToken : Effect.map(this.#bearerAt(now), tokenOf)
    })
  }

  #bearerAt(now: number): Attempted<Bearer.Bearer> {
    if (!this.#isClosed) this.#ready ??= this.#makeReady()
    const usable = this.#usable(now)
    if (usable !== undefined) {
      if (this.#isDue(now)) this.#demand(now)
      return Effect.succeed(usable)
    }
    this.#demand(now)
    return this.#isPresenting ? this.#joined : this.#outcome
  }

  /** A bearer that may be handed out now and is not yet due, without an effect: the quick way for faces that have no fiber. */
  peek(): Bearer.Bearer | undefined {
    const now = this.now
    const ready = this.#ready
    if (ready !== undefined && now < ready.until) return ready.bearer
    if (!this.#isClosed) this.#ready ??= this.#makeReady()
    return this.#isDue(now) ? undefined : this.#usable(now)
  }

  /** `bearer` as a promise. All who join a presentation are given the same one. */
  joined(): Promise<Bearer.Bearer> {
    const ready = this.peek()
    return ready === undefined ? this.#join() : Promise.resolve(ready)
  }

  #join(): Promise<Bearer.Bearer> {
    const now = this.now
    const usable = this.#usable(now)
    this.#demand(now)
    if (usable !== undefined) return Promise.resolve(usable)
    if (!this.#isPresenting) return Effect.runPromise(this.#outcome)
    this.#work.promise ??= Effect.runPromise(this.#joined)
    return this.#work.promise
  }

  /** The token of `joined` in clear. While it lives, and among all who join a presentation, it is the same promise. */
  text(): Promise<string> {
    // Nothing is made for who joins: ten thousand promises with something between them take twice as long to be told.
    const text = this.#workMade?.text
    if (text !== undefined) return text
    const ready = this.peek() === undefined ? undefined : this.#ready
    if (ready !== undefined) {
      // What an app did to the token that all share is an app's error, not a throw where a promise is due.
      ready.asText ??= Promise.resolve(ready.bearer).then(textOf)
      return ready.asText
    }
    const bearer = this.#join()
    const work = this.#workMade
    if (bearer !== work?.promise) return bearer.then(textOf)
    work.text ??= bearer.then(textOf)
    return work.text
  }

  #isDue(now: number): boolean {
    return reached(currentFacts(this.#context)?.dueAt ?? null, now)
  }

  #usable(now: number): Bearer.Bearer | undefined {
    if (this.#isClosed) return undefined
    // Not kept: whoever shares what a presentation brought may be the last to ask until the next one.
    const ready = this.#ready ?? this.#makeReady()
    return ready !== undefined && now < ready.usableUntil ? ready.bearer : undefined
  }

  #makeReady(): Ready | undefined {
    const context = this.#context
    const facts = currentFacts(context)
    const tokens = context.subject === null ? this.#secrets.own : this.#secrets.acting
    if (facts === null || facts.rejected || tokens === undefined) return undefined
    const bearer = Bearer.of(tokens, facts)
    const usableUntil = facts.usableUntil ?? Number.POSITIVE_INFINITY
    return {
      bearer,
      asBearer: Effect.succeed(bearer),
      asToken: Effect.succeed(bearer.token),
      asText: undefined,
      until: Math.min(usableUntil, facts.dueAt ?? usableUntil),
      usableUntil,
    }
  }

  /** Somebody needs a token: whatever the state allows without a person is begun. */
  #demand(now: number): void {
    if (this.#isClosed || this.#isPresenting) return
    const context = this.#context
    // Before the moment that is set for the next try the chart would not move, however often it is asked.
    if (context.retryAt !== null && now < context.retryAt) return
    const { substate, path } = this.view
    // Where a moment for the next try is set, the chart keeps to it; where none is, a failure is left alone for a while. A token
    // that nobody will renew begins nothing: it can only end.
    const isWaiting = substate === "waiting" && context.retryAt === null && context.next !== "nothing"
    if (
      (substate === "idle" || isWaiting) &&
      !this.#setbacks.mayBegin(context.signedOut ? "SignedOut" : context.refusal?.code)
    )
      return
    if (path !== "unauthenticated.idle") this.send({ type: "Due", generation: currentGeneration(context), now })
    else if (context.unattended) this.send({ type: "SignIn" })
  }

  get #isPresenting(): boolean {
    return !this.#isClosed && this.#context.presenting !== null
  }

  /** What comes of the presentation under way. Whoever stops waiting does not stop it. */
  get #joined(): Attempted<Bearer.Bearer> {
    this.#work.rest ??= Deferred.makeUnsafe()
    return Deferred.await(this.#work.rest)
  }

  /** All who waited are told the same, at the moment when nothing is under way any more. */
  #release(): void {
    const rest = this.#work.rest
    if (rest === undefined || this.#isPresenting) return
    this.#work.rest = undefined
    this.#work.promise = undefined
    this.#work.text = undefined
    Deferred.doneUnsafe(rest, this.#outcome)
  }

  get #outcome(): Attempted<Bearer.Bearer> {
    const usable = this.#usable(this.now)
    return usable === undefined ? Effect.fail(this.#refusal) : Effect.succeed(usable)
  }

  /** Until no presentation is under way, whatever comes of it. */
  get #atRest(): Effect.Effect<void> {
    return Effect.suspend(() => (this.#isPresenting ? Effect.asVoid(Effect.exit(this.#joined)) : Effect.void))
  }

  /** Why there is no token now. */
  get #refusal(): AuthError.AuthError {
    const context = this.#context
    if (this.#isClosed) {
      return AuthError.fromReason(new AuthError.SignedOut({ provider: this.account.provider.id, closed: true }))
    }
    if (this.view.state === "mfa_required") return this.#setbacks.errorOf("PasscodeRequired")
    const isNobodySignedIn = context.refusal === null && context.own === null && context.acting === null
    return this.#setbacks.errorOf(isNobodySignedIn ? "SignedOut" : context.refusal?.code, this.#nextTry)
  }

  /** When the session asks the provider next: by itself, or because somebody needs a token. By its own clock. */
  get #nextTry(): number | undefined {
    const { next, refusal, retryAt, unattended } = this.#context
    const { substate } = this.view
    if (substate === "idle" && !unattended) return undefined
    if (retryAt !== null) return retryAt
    const mayBegin = refusal !== null && (substate === "idle" || (substate === "waiting" && next !== "nothing"))
    return mayBegin ? this.#setbacks.mayBeginAt : undefined
  }

  /**
   * An API answered 401 to the token of this generation. Only the current one changes anything. Gives the error to fail with where
   * the token is left in place, because it has just replaced another one that was rejected (see `Rejections`).
   */
  reject(generation: number): AuthError.AuthError | undefined {
    const { now } = this
    const facts = this.#factsOf(generation)
    const rejections = facts?.rejected === false ? this.#rejections : undefined
    const until = facts && rejections?.take(facts, now)
    if (until === undefined) {
      this.send({ type: "Rejected", generation, now })
      return undefined
    }
    const { id: provider } = this.account.provider
    const error = AuthError.fromReason(new AuthError.NotAllowed({ provider, tokenRejected: true, fresh: true }))
    if (rejections?.isNews(generation) === true) {
      this.#setbacks.doubt(error)
      const refusal = { code: error.reason._tag, remedy: error.remedy }
      this.send({ type: "Rejected", generation, now, doubt: { refusal, until } })
    }
    return error
  }

  /** An API took the token of this generation, after it had rejected the one before: it was right to replace it. */
  confirm(generation: number): void {
    const facts = this.#factsOf(generation)
    if (facts !== undefined) this.#workMade?.rejections?.confirm(facts)
  }

  #factsOf(generation: number): TokenFacts | undefined {
    const { acting, own } = this.#context
    return [acting, own].find((one) => one?.generation === generation) ?? undefined
  }

  /** Runs a call with the account's own bearer, whoever the session acts for; a rejected one is renewed, and the call repeated, once. */
  withOwnBearer<A>(call: (bearer: Bearer.Bearer) => Attempted<A>): Attempted<A> {
    return this.untilSignOut(this.#repeatedOnce(this.#ownBearer, call))
  }

  /** Runs a call with the bearer that the session hands out; a rejected one is renewed, and the call repeated, once. */
  withBearer<A>(call: (bearer: Bearer.Bearer) => Attempted<A>): Attempted<A> {
    return this.untilSignOut(this.#repeatedOnce(this.bearer, call))
  }

  #repeatedOnce<A>(bearer: Attempted<Bearer.Bearer>, call: (bearer: Bearer.Bearer) => Attempted<A>): Attempted<A> {
    return Effect.flatMap(bearer, (first) =>
      Effect.catch(call(first), (error) => {
        if (!isOfBearer(error)) return Effect.fail(error)
        const doubt = this.reject(first.generation)
        if (doubt !== undefined) return Effect.fail(doubt)
        return Effect.flatMap(bearer, (second) =>
          Effect.mapError(call(second), (error) => (isOfBearer(error) && this.reject(second.generation)) || error),
        )
      }),
    )
  }

  get #ownBearer(): Attempted<Bearer.Bearer> {
    return Effect.suspend(() => {
      const { own, subject } = this.#context
      if (subject === null || own === null) return this.bearer
      const usable = this.#ownUsable
      if (usable !== undefined) return Effect.succeed(usable)
      // Acting goes on with the subject's bearer; the account's own is renewed beside it.
      if (!this.#isPresenting) this.send({ type: "Due", generation: own.generation, now: this.now })
      return Effect.flatMap(this.#atRest, () =>
        Effect.suspend(() => {
          const renewed = this.#context.subject === null ? this.#usable(this.now) : this.#ownUsable
          return renewed === undefined ? Effect.fail(this.#refusal) : Effect.succeed(renewed)
        }),
      )
    })
  }

  get #ownUsable(): Bearer.Bearer | undefined {
    const { own } = this.#context
    return own !== null && this.#secrets.own !== undefined && isUsableAt(own, this.now)
      ? Bearer.of(this.#secrets.own, own)
      : undefined
  }

  // --- calls -------------------------------------------------------------------------------------------------------

  /**
   * Signs in, with the credentials given or with those at hand. Gives the view when a token is there, or when a passcode is
   * asked for; fails with the refusal. Who gives the same credentials as a sign-in under way shares what comes of it. A session
   * that is signed in stays as it is: other credentials than those that it signed in with are refused, for nobody has looked at
   * them.
   */
  signIn(credentials?: Credentials | undefined): Attempted<SessionView> {
    const call = Effect.gen({ self: this }, function* () {
      while (true) {
        const theirs = this.#isSigningIn ? this.#secrets.credentials : undefined
        yield* this.#atRest
        if (theirs !== undefined && (credentials === undefined || isSame(theirs, credentials)))
          return yield* this.#granted
        if (!this.#offers("sign_in")) {
          if (credentials !== undefined) yield* this.#isSignedInWith(credentials)
          return yield* this.#settled
        }
        const given = credentials ?? this.#secrets.kept
        if (given === undefined && this.account.provider.signsInWith === "password") {
          return yield* this.#misconfigured(
            "credentials",
            "Give a username and a password, here or when the session is made.",
          )
        }
        let isBegun = false
        this.#post(() => {
          // Somebody else may have begun in this very moment.
          if (!this.#offers("sign_in")) return undefined
          isBegun = true
          this.#setbacks.beginAnew()
          this.#secrets.offered = given
          this.#work.isUserCall = true
          return { type: "SignIn" }
        })
        if (isBegun) {
          yield* this.#atRest
          return yield* this.#granted
        }
        yield* Effect.yieldNow
      }
    })
    return this.untilSignOut(call)
  }

  get #isSigningIn(): boolean {
    const { presenting } = this.#context
    return !this.#isClosed && (presenting === "sign_in" || presenting === "passcode")
  }

  /** Fails where the session stands with other credentials than these. */
  #isSignedInWith(credentials: Credentials): Attempted<void> {
    return Effect.gen({ self: this }, function* () {
      if (this.#isClosed) return
      const { key, offered } = this.#secrets
      const isTheirs =
        this.view.state === "mfa_required" && offered !== undefined
          ? isSame(offered, credentials)
          : key ===
            (yield* Effect.mapError(
              SessionKey.make(this.#runtime.store, this.account, credentials),
              AuthError.fromReason,
            ))
      if (isTheirs) return
      const fix = "The session is signed in with others. Sign out first, or open another session."
      return yield* this.#misconfigured("credentials", fix)
    })
  }

  /**
   * Answers the challenge. Fails as `BadPasscode`, after which another passcode may be given, or with what ended the challenge.
   * Without a challenge it does nothing.
   */
  submitPasscode(passcode: Redacted.Redacted<string>): Attempted<SessionView> {
    const call = Effect.gen({ self: this }, function* () {
      // A text is none: it may be a `Redacted` that was written down.
      if (typeof passcode === "string" || Secret.of(passcode) === undefined) {
        const fix = "Expected the passcode as a text; it is never empty."
        return yield* this.#misconfigured("passcode", Secret.fix(passcode, fix))
      }
      yield* this.#atRest
      if (!this.#offers("submit_passcode")) return yield* this.#settled
      this.#post(() => {
        this.#secrets.passcode = passcode
        return { type: "SubmitPasscode" }
      })
      yield* this.#atRest
      return yield* this.#granted
    })
    return this.untilSignOut(call)
  }

  /** Takes a sign-in or a challenge back. What there was before it is still there. */
  get cancel(): Effect.Effect<void> {
    return Effect.sync(() => this.send({ type: "Cancel", now: this.now }))
  }

  /**
   * From now on this session acts for `subject`: the bearers that it hands out are the subject's. Fails with the refusal, and
   * then hands out its own again. Calls that act come one after the other; the last one stays.
   */
  startActing(subject: string): Attempted<SessionView> {
    const call = Effect.gen({ self: this }, function* () {
      yield* this.#subjectIsGiven(subject)
      if (this.#context.subject !== subject) {
        if (this.#context.subject === null) {
          // Whatever renewal is due comes first, and is joined.
          yield* this.bearer
          yield* this.#atRest
        }
        this.#setbacks.forgetActing()
        this.send({ type: "ActAs", subject, now: this.now })
      }
      yield* this.#atRest
      if (this.#context.subject !== subject) return yield* this.#setbacks.acting ?? this.#refusal
      return yield* this.#settled
    })
    return this.untilSignOut(this.#inTurn(call))
  }

  /** The session hands out its own bearers again. */
  get stopActing(): Effect.Effect<SessionView> {
    return Effect.sync(() => {
      this.send({ type: "StopActing", now: this.now })
      return this.view
    })
  }

  /**
   * Ends the session: in memory, in the store, at the provider where it can be told, and for all children. It wins over whatever
   * is under way. What the store or the provider does not do is logged, and does not keep the session alive.
   */
  get signOut(): Effect.Effect<void> {
    return Effect.suspend(() => {
      const children = [...(this.#work.children ?? [])]
      const tokens = [this.#secrets.own, this.#secrets.acting, ...children.map((child) => child.#secrets.acting)]
      this.send({ type: "SignOut" })
      return Effect.forEach(children, (child) => child.close, { discard: true }).pipe(
        Effect.andThen(this.#removed),
        Effect.andThen(this.#revoke(tokens.flatMap((one) => one ?? []))),
      )
    })
  }

  /** Tells the provider to forget tokens, one after the other; the first that cannot be told ends it. */
  #revoke(tokens: ReadonlyArray<Tokens>): Effect.Effect<void> {
    const { endpoint } = this.#runtime
    if (!this.#can("revoke")) return Effect.void
    return Effect.forEach(tokens, ({ accessToken }) => endpoint.revoke(this.account, accessToken), {
      discard: true,
    }).pipe(Effect.catchCause(() => Effect.logWarning("pbx-auth: the provider did not revoke a token")))
  }

  /** What the provider knows about the bearer that the session hands out. */
  get inspect(): Attempted<Inspection> {
    const { endpoint } = this.#runtime
    return Effect.suspend(() =>
      this.withBearer(({ token }) =>
        this.#throttle.guard(Effect.provideService(endpoint.inspect(this.account, token), KnownSecrets, this.#known)),
      ),
    )
  }

  /** All that an answer must not repeat: this session's secrets, its parent's and its children's. */
  get #known(): ReadonlyArray<Redacted.Redacted<string>> {
    const family = [this, this.parent, ...(this.#workMade?.children ?? [])]
    return family.flatMap((one) => (one === undefined ? [] : one.#secrets.all))
  }

  /**
   * A session of its own that acts for `subject` for as long as it is open; it is closed with this one at the latest. It is
   * there once it has its first token; fails with the refusal. One that was refused its first token as `isKept` says is there
   * nevertheless: it goes on trying.
   */
  child(subject: string, isKept = (_: AuthError.AuthError) => false): Attempted<Driver> {
    const call = Effect.gen({ self: this }, function* () {
      yield* this.#subjectIsGiven(subject)
      const child = yield* Driver.make(this.#runtime, { account: this.account, acting: { subject, parent: this } })
      this.#work.adopt(child)
      return yield* child.bearer.pipe(
        Effect.catch((error) => (isKept(error) ? Effect.void : Effect.fail(error))),
        Effect.as(child),
        Effect.onExit((exit) => (exit._tag === "Failure" ? child.close : Effect.void)),
      )
    })
    return this.untilSignOut(call)
  }

  /**
   * Closes the session in this process. What is stored stays. A renewal that is under way is awaited and stored; everything
   * else is cut. Closing it again waits for the same end.
   */
  get close(): Effect.Effect<void> {
    return Effect.suspend(() => {
      if (this.#work.closing !== undefined) return Deferred.await(this.#work.closing)
      const closed = Deferred.makeUnsafe<void>()
      this.#work.closing = closed
      this.#ready = undefined
      const flights = this.#work.flights
      for (const { fiber } of flights) fiber?.interruptUnsafe()
      this.#runtime.alarm.clear(this)
      if (this.parent !== undefined) this.parent.#work.part(this)
      this.#release()
      return Effect.forEach([...(this.#work.children ?? [])], (child) => child.close, { discard: true }).pipe(
        Effect.andThen(
          Effect.forEach(flights, ({ fiber }) => (fiber === undefined ? Effect.void : Fiber.await(fiber)), {
            discard: true,
          }),
        ),
        Effect.andThen(this.#removed),
        Effect.andThen(Effect.sync(() => this.#end())),
        Effect.ensuring(Deferred.succeed(closed, undefined)),
        Effect.uninterruptible,
      )
    })
  }

  #end(): void {
    this.#secrets.close()
    this.#ready = undefined
    const snapshot = Chart.begin({ unattended: false, renewsWith: "sign_in" })
    this.#be({ ...snapshot, status: "done", output: undefined, error: undefined })
    this.#publish()
    for (const listener of [...(this.#work.listeners ?? [])]) listener.onClose?.()
    this.#work.listeners = undefined
    this.#tell(() => ({ _tag: "Closed" }))
  }

  #offers(action: OfferedAction): boolean {
    return !this.#isClosed && this.view.actions.includes(action)
  }

  /** What came of a call: its refusal, even where an older token still serves. */
  get #granted(): Attempted<SessionView> {
    const { refusal } = this.#context
    return refusal === null ? this.#settled : Effect.fail(this.#setbacks.errorOf(refusal.code, this.#nextTry))
  }

  get #settled(): Attempted<SessionView> {
    const isUsable = this.#usable(this.now) !== undefined
    const isAsked = this.view.path === "mfa_required.awaiting_passcode" && !this.#isClosed
    return isUsable || isAsked ? Effect.succeed(this.view) : Effect.fail(this.#refusal)
  }

  #subjectIsGiven(subject: unknown): Attempted<void> {
    return typeof subject === "string" && subject.trim() !== ""
      ? Presentation.notForItself(this.account, subject, this.#secrets)
      : this.#misconfigured("subject", "Expected whom to act for, as the provider names a user; it is never empty.")
  }

  #misconfigured(field: string, fix: string): Attempted<never> {
    return AuthError.fromReason(new AuthError.Misconfigured({ provider: this.account.provider.id, field, fix }))
  }

  #can(capability: "revoke"): boolean {
    return this.account.provider.capabilities.has(capability)
  }
}

const tokenOf = ({ token }: Bearer.Bearer) => token

const textOf = ({ token }: Bearer.Bearer): string => Redacted.value(token)

/** Was it the bearer that was refused, and not what was asked with it? */
const isOfBearer = ({ reason }: AuthError.AuthError): boolean =>
  reason._tag === "NotAllowed" && reason.tokenRejected === true

const isSame = (a: Credentials, b: Credentials): boolean =>
  a.username === b.username && Redacted.value(a.password) === Redacted.value(b.password)

/** A presentation that was cut, though nobody asked for it, did not happen as far as anybody knows. */
const errorOf = (cause: Cause.Cause<AuthError.AuthError>, { provider }: Account): AuthError.AuthError => {
  const failure = cause.reasons.find((reason) => reason._tag === "Fail")
  return failure?._tag === "Fail"
    ? failure.error
    : AuthError.fromReason(new AuthError.Unavailable({ provider: provider.id }))
}

/** What a span says that a presentation brought. */
const outcomes = {
  Issued: "issued",
  Adopted: "adopted",
  Challenged: "challenged",
  SignedOut: "signed_out",
} as const satisfies Record<Claim.Brought["_tag"], string>
