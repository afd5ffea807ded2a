/**
 * Makes a session happen: it steps the chart, carries out its commands, and keeps the secrets that the chart must not see.
 *
 * A step is synchronous and runs to its end; what a command brings comes back as a later event. Secrets live in the private
 * slots of this object alone: tokens, the challenge to a second factor, credentials and a passcode on their way. The chart is
 * told only *that* they are there.
 *
 * A presentation runs as a fiber of its own that no caller owns, so a caller who gives up does not take it along, and a renewal
 * is never cut between presenting a refresh token and storing what came of it: the request's own deadline bounds it.
 */

import { reached, tokenTimes } from "@pbx-auth/machine/Renewal"
import type { Present, SessionCommand, WakeAt } from "@pbx-auth/machine/SessionCommand"
import { currentFacts, currentGeneration, isUsableAt } from "@pbx-auth/machine/SessionContext"
import type { SessionEvent } from "@pbx-auth/machine/SessionEvent"
import { sessionMachine } from "@pbx-auth/machine/SessionMachine"
import { SessionView } from "@pbx-auth/machine/SessionView"
import * as AuthError from "@pbx-auth/providers/AuthError"
import * as Grant from "@pbx-auth/providers/Grant"
import type { Account, Credentials } from "@pbx-auth/providers/Provider"
import * as Retry from "@pbx-auth/providers/Retry"
import type { Challenge, Identity, Inspection, TokenReply, Tokens } from "@pbx-auth/providers/Token"
import * as Cause from "effect/Cause"
import * as Deferred from "effect/Deferred"
import * as Duration from "effect/Duration"
import * as Effect from "effect/Effect"
import * as Exit from "effect/Exit"
import * as Fiber from "effect/Fiber"
import type * as Pull from "effect/Pull"
import * as Redacted from "effect/Redacted"
import * as Result from "effect/Result"
import * as Schedule from "effect/Schedule"
import { initialTransition, type SnapshotFrom, transition } from "xstate"
import type { Sleeper } from "./Alarm.ts"
import * as Claim from "./Claim.ts"
import * as SessionKey from "./SessionKey.ts"
import type { SessionRuntime } from "./SessionRuntime.ts"

/**
 * A bearer as it is handed out, with what is known of it. `expiresAt` is epoch ms, `null` for never.
 *
 * @category models
 */
export interface Bearer {
  readonly token: Redacted.Redacted<string>
  /** Always `Bearer`. */
  readonly tokenType: string
  /** Name it when an API rejects the token. */
  readonly generation: number
  readonly expiresAt: number | null
  /** The access level or the scopes, as the provider printed them. */
  readonly scope: string | null
  readonly identity: Identity
}

/**
 * @category models
 */
export type Snapshot = SnapshotFrom<typeof sessionMachine>

/**
 * @category models
 */
export interface DriverOptions {
  readonly account: Account
  /** At hand for good: the session may sign in without a person. */
  readonly credentials?: Credentials | undefined
  /** For a child: whom it acts for, and whose bearer it presents. */
  readonly acting?: { readonly subject: string; readonly parent: Driver } | undefined
}

/** A presentation under way. Its `attempt` moves when the chart asks again for a renewal that still runs. */
interface Flight {
  attempt: number
  readonly purpose: Present["purpose"]
  readonly generation: number
  readonly subject: string | null
  abandoned: boolean
  fiber: Fiber.Fiber<void> | undefined
}

/** How often a provider that gives back a dead token is asked once more, before that counts as a refusal. */
const SAME_TOKEN_PATIENCE = 5

/** After these, an unattended session may try once more when somebody asks for a token; after others only a person can help. */
const PASSING: ReadonlySet<string> = new Set([
  "Unavailable",
  "Throttled",
  "OutcomeUnknown",
  "Unreadable",
  "StoreFailed",
  "RenewalRefused",
] satisfies ReadonlyArray<AuthError.Reason["_tag"]>)

type Delay = (now: number, error: AuthError.AuthError) => Pull.Pull<[unknown, Duration.Duration], never, unknown>

/**
 * One session at work. The typed faces are in `Session`; this is their engine.
 *
 * @category models
 */
export class Driver implements Sleeper {
  readonly account: Account
  readonly subject: string | undefined
  readonly #runtime: SessionRuntime["Service"]
  readonly #kept: Credentials | undefined
  readonly #parent: Driver | undefined
  readonly #children = new Set<Driver>()
  readonly #holder = crypto.randomUUID()

  #snapshot: Snapshot
  #view: SessionView
  readonly #inbox: Array<() => SessionEvent | undefined> = []
  #stepping = false
  readonly #listeners = new Set<(view: SessionView) => void>()
  #rest: Deferred.Deferred<void> | undefined
  #closed = false

  #key: string | undefined
  #own: Tokens | undefined
  #acting: Tokens | undefined
  #challenge: Challenge | undefined
  #offered: Credentials | undefined
  #passcode: Redacted.Redacted<string> | undefined
  #bearer: Bearer | undefined

  #flight: Flight | undefined
  readonly #flights = new Set<Flight>()
  #removal: Fiber.Fiber<void> | undefined
  #error: AuthError.AuthError | undefined
  #delay: Delay | undefined
  #sameTokens = 0
  /** When no try follows by itself, asking for a token may start one, but not before this moment. */
  #quietUntil = 0

  private constructor(runtime: SessionRuntime["Service"], options: DriverOptions) {
    this.#runtime = runtime
    this.account = options.account
    this.subject = options.acting?.subject
    this.#parent = options.acting?.parent
    this.#kept = options.credentials
    const { provider } = options.account
    const [snapshot] = initialTransition(sessionMachine, {
      unattended:
        options.acting !== undefined || options.credentials !== undefined || provider.signsInWith === "client",
      renewsWith: provider.renewsWith,
      ...(options.acting === undefined ? {} : { subject: options.acting.subject }),
    })
    this.#snapshot = snapshot
    this.#view = SessionView.of(snapshot)
  }

  /** Makes a session and takes up what is stored of it. Fails as `StoreFailed` alone. */
  static make(runtime: SessionRuntime["Service"], options: DriverOptions): Effect.Effect<Driver, AuthError.AuthError> {
    return Effect.suspend(() => {
      const driver = new Driver(runtime, options)
      return Effect.as(driver.#restore, driver)
    })
  }

  // --- what is known ------------------------------------------------------------------------------------------------

  get snapshot(): Snapshot {
    return this.#snapshot
  }

  get view(): SessionView {
    return this.#view
  }

  /** Calls the listener after each step, until the function that it returns is called. */
  subscribe(listener: (view: SessionView) => void): () => void {
    this.#listeners.add(listener)
    return () => this.#listeners.delete(listener)
  }

  // --- the chart ----------------------------------------------------------------------------------------------------

  /** Hands an event to the chart. What it brings about is done when this returns, or is under way. */
  send(event: SessionEvent): void {
    this.#post(() => event)
  }

  wake(): void {
    this.send({ type: "Due", generation: currentGeneration(this.#snapshot.context), now: this.#runtime.clock.now() })
  }

  /** A thunk is run just before its event is taken: it may put secrets into slots, or find that it came too late. */
  #post(thunk: () => SessionEvent | undefined): void {
    this.#inbox.push(thunk)
    if (this.#stepping) return
    this.#stepping = true
    try {
      for (let next = this.#inbox.shift(); next !== undefined; next = this.#inbox.shift()) {
        const event = next()
        if (event !== undefined && !this.#closed) this.#step(event)
      }
    } finally {
      this.#stepping = false
    }
    if (this.#rest !== undefined && (this.#closed || this.#snapshot.context.presenting === null)) {
      const rest = this.#rest
      this.#rest = undefined
      Deferred.doneUnsafe(rest, Effect.void)
    }
  }

  #step(event: SessionEvent): void {
    const [snapshot, actions] = transition(sessionMachine, this.#snapshot, event)
    this.#snapshot = snapshot
    this.#view = SessionView.of(snapshot)
    this.#bearer = undefined
    // The chart's own typing tells no action's params from another's; `SessionCommand` does.
    for (const command of actions as unknown as ReadonlyArray<SessionCommand>) this.#carryOut(command)
    for (const listener of [...this.#listeners]) {
      try {
        listener(this.#view)
      } catch {
        // A listener's fault is its own; the session goes on, and so do the other listeners.
      }
    }
  }

  #carryOut(command: SessionCommand): void {
    switch (command.type) {
      case "present":
        this.#present(command.params)
        break
      case "wakeAt":
        this.#wakeAt(command.params)
        break
      case "abandon":
        this.#abandon(command.params.attempt)
        break
      case "discard":
        if (command.params.what === "all") this.#discardAll()
        else this.#discardActing()
        break
    }
  }

  #wakeAt({ at }: WakeAt): void {
    if (at === null) this.#runtime.alarm.clear(this)
    else this.#runtime.alarm.set(this, at)
  }

  #abandon(attempt: number): void {
    this.#challenge = undefined
    const flight = this.#flight
    if (flight === undefined || flight.attempt !== attempt) return
    flight.abandoned = true
    // A sign-in or an act of acting may be cut at any moment; a renewal that is cut could lose the only refresh token.
    if (flight.purpose !== "renewal") flight.fiber?.interruptUnsafe()
  }

  #discardActing(): void {
    this.#acting = undefined
  }

  #discardAll(): void {
    this.#own = undefined
    this.#acting = undefined
    this.#challenge = undefined
    this.#error = undefined
    const key = this.#key
    if (key !== undefined) this.#removal = this.#runtime.fork(this.#remove(key))
  }

  #remove(key: string): Effect.Effect<void> {
    const { store } = this.#runtime
    const once: Effect.Effect<boolean, AuthError.StoreFailed> = Effect.flatMap(store.read(key), (seen) =>
      seen === undefined
        ? Effect.succeed(true)
        : store.replace(key, seen.version, undefined).pipe(
            Effect.as(true),
            Effect.catchTag("StoreConflict", () => Effect.succeed(false)),
          ),
    )
    return Effect.ignore(Effect.repeat(once, { until: (removed) => removed }))
  }

  get #restore(): Effect.Effect<void, AuthError.AuthError> {
    return Effect.gen({ self: this }, function* () {
      const { clock, store } = this.#runtime
      if (this.#parent !== undefined) return
      const unattended = this.#kept !== undefined || this.account.provider.signsInWith === "client"
      if (!unattended) return
      this.#key = yield* this.#keyOf(this.#kept)
      const versioned = yield* Effect.mapError(store.read(this.#key), AuthError.refuse)
      const record = versioned?.record
      const times = record && Claim.timesOf(record, clock)
      if (record?.tokens === undefined || times === undefined) return
      const { generation, intent, tokens, via } = record
      const now = clock.now()
      const lost = intent !== undefined && intent.purpose === "renewal" && intent.until <= clock.toWall(now)
      this.#post(() => {
        this.#own = tokens
        return {
          type: "Restored",
          facts: { ...times, generation, via },
          pending: lost ? { retryAt: this.#mayRepeat(intent.startedAt) ? now : null } : null,
          now,
        }
      })
    })
  }

  #keyOf(credentials: Credentials | undefined): Effect.Effect<string, AuthError.AuthError> {
    return Effect.mapError(SessionKey.make(this.#runtime.store, this.account, credentials), AuthError.refuse)
  }

  // --- presentations ------------------------------------------------------------------------------------------------

  #present({ attempt, generation, purpose, subject }: Present): void {
    const running = this.#flight
    if (running?.purpose === "renewal" && purpose === "renewal" && running.generation === generation) {
      running.attempt = attempt
      running.abandoned = false
      return
    }
    const flight: Flight = { attempt, purpose, generation, subject, abandoned: false, fiber: undefined }
    this.#flight = flight
    this.#flights.add(flight)
    flight.fiber = this.#runtime.fork(this.#fly(flight))
  }

  #fly(flight: Flight): Effect.Effect<void> {
    return this.#exchange(flight).pipe(
      Effect.onExit((exit) =>
        Effect.sync(() => {
          this.#flights.delete(flight)
          if (this.#flight === flight) this.#flight = undefined
          if (Exit.isFailure(exit) && Cause.hasInterruptsOnly(exit.cause)) return
          this.#land(flight, Exit.isSuccess(exit) ? Result.succeed(exit.value) : Result.fail(errorOf(exit.cause)))
        }),
      ),
      Effect.exit,
      Effect.asVoid,
    )
  }

  #land(flight: Flight, brought: Result.Result<Claim.Brought, AuthError.AuthError>): void {
    const delay = Result.isFailure(brought) ? this.#nextDelay(brought.failure) : undefined
    this.#post(() => {
      const late = flight.abandoned || flight.attempt !== this.#snapshot.context.attempt || this.#closed
      if (late) {
        if (Result.isSuccess(brought)) this.#forsake(brought.success)
        return undefined
      }
      this.#passcode = undefined
      return Result.isSuccess(brought)
        ? this.#succeed(flight, brought.success)
        : this.#fail(flight, brought.failure, delay)
    })
  }

  /** A token that came after everybody stopped waiting for it: nobody may use it, so the provider is told, if it can be. */
  #forsake(brought: Claim.Brought): void {
    if (brought._tag !== "Issued" || !this.#can("revoke")) return
    const { endpoint, fork } = this.#runtime
    fork(Effect.ignore(endpoint.revoke(this.account, brought.tokens.accessToken)))
  }

  #succeed(flight: Flight, brought: Claim.Brought): SessionEvent {
    const { attempt } = flight
    const now = this.#runtime.clock.now()
    if (brought._tag === "Challenged") {
      this.#challenge = brought.challenge
      return { type: "Challenged", attempt, challengeUntil: brought.until, now }
    }
    if (flight.purpose === "act_as") this.#acting = brought.tokens
    else this.#own = brought.tokens
    this.#challenge = undefined
    this.#offered = undefined
    this.#error = undefined
    this.#delay = undefined
    this.#sameTokens = 0
    this.#quietUntil = 0
    const { generation, times } = brought
    return { type: brought._tag, attempt, times, generation, now }
  }

  #fail(flight: Flight, error: AuthError.AuthError, delay: number | undefined): SessionEvent {
    const { clock } = this.#runtime
    const { attempt, purpose } = flight
    const { reason, remedy } = error
    const now = clock.now()
    const retryAt = delay === undefined ? null : now + delay
    this.#error = error
    if (retryAt === null) this.#quietUntil = now + Retry.longestBackoff
    if (reason._tag === "Throttled") this.#quietUntil = Math.max(this.#quietUntil, clock.fromWall(reason.retryAt))
    const said = { attempt, refusal: { code: reason._tag, remedy }, now }

    if (reason._tag === "OutcomeUnknown" || (reason._tag === "Unreadable" && purpose === "renewal")) {
      const repeatable =
        purpose !== "renewal" || (retryAt !== null && this.#mayRepeat(clock.toWall(retryAt) - (retryAt - now)))
      return { type: "OutcomeUnknown", ...said, retryAt: repeatable ? retryAt : null }
    }
    if (reason._tag === "RenewalRefused" && reason.sameToken === true && this.#sameTokens < SAME_TOKEN_PATIENCE) {
      // The provider still counts the token as live, by a clock that is behind ours: it will give another one soon.
      this.#sameTokens += 1
      return { type: "Unavailable", ...said, retryAt: now + Retry.longestBackoff * this.#sameTokens }
    }
    if (Retry.isRepeatable(error)) return { type: "Unavailable", ...said, retryAt }
    if (reason._tag === "NotAllowed" && reason.bearerRefused === true) {
      if (this.#parent === undefined) return { type: "Refused", ...said, bearer: "rejected" }
    }
    return { type: "Refused", ...said }
  }

  /** The next pause of the schedule in ms, or `undefined` when it is over or the error is not one to repeat. */
  #nextDelay(error: AuthError.AuthError): number | undefined {
    this.#delay ??= Effect.runSync(Schedule.toStep(Retry.schedule))
    const step = Effect.runSyncExit(this.#delay(this.#runtime.clock.toWall(this.#runtime.clock.now()), error))
    return Exit.isSuccess(step) ? Duration.toMillis(step.value[1]) : undefined
  }

  /** May a renewal be presented once more whose first presentation, at `startedAt` (wall, epoch ms), brought no answer? */
  #mayRepeat(startedAt: number): boolean {
    const { renewsWith, rotation } = this.account.provider
    if (renewsWith === "sign_in" || rotation === "none") return true
    if (typeof rotation === "string") return false
    const { clock } = this.#runtime
    return clock.toWall(clock.now()) - startedAt < rotation.grace
  }

  #exchange(flight: Flight): Effect.Effect<Claim.Brought, AuthError.AuthError> {
    switch (flight.purpose) {
      case "sign_in":
        return this.#claimed(flight, "sign_in", () => this.#signInGrant)
      case "renewal":
        return this.#claimed(flight, "renewal", () =>
          this.account.provider.renewsWith === "sign_in" ? this.#signInGrant : this.#refreshGrant,
        )
      case "passcode":
        return this.#claimed(flight, "sign_in", () => this.#passcodeGrant)
      case "act_as":
        return this.#derived(flight)
    }
  }

  get #signInGrant(): Effect.Effect<Grant.Grant, AuthError.AuthError> {
    if (this.account.provider.signsInWith === "client") {
      return Effect.succeed(Grant.clientCredentials(this.account.scopes))
    }
    const credentials = this.#offered ?? this.#kept
    return credentials === undefined
      ? AuthError.refuse(new AuthError.SignedOut({}))
      : Effect.succeed(Grant.password(credentials.username, credentials.password))
  }

  get #refreshGrant(): Effect.Effect<Grant.Grant, AuthError.AuthError> {
    const refreshToken = this.#own?.refreshToken
    return refreshToken === undefined
      ? AuthError.refuse(new AuthError.RenewalRefused({ provider: this.account.provider.id }))
      : Effect.succeed(Grant.refreshToken(refreshToken))
  }

  get #passcodeGrant(): Effect.Effect<Grant.Grant, AuthError.AuthError> {
    const challenge = this.#challenge
    const passcode = this.#passcode
    if (challenge === undefined || passcode === undefined) {
      return AuthError.refuse(new AuthError.ChallengeExpired({ provider: this.account.provider.id }))
    }
    const again = this.account.settings.passcodeRepeatsCredentials ? (this.#offered ?? this.#kept) : undefined
    return Effect.succeed(Grant.passcode(challenge, passcode, again))
  }

  /** Presents under a claim on the session's record, and looks at what came: the very token that was to be replaced is none. */
  #claimed(
    flight: Flight,
    purpose: "sign_in" | "renewal",
    grant: () => Effect.Effect<Grant.Grant, AuthError.AuthError>,
  ): Effect.Effect<Claim.Brought, AuthError.AuthError> {
    return Effect.gen({ self: this }, function* () {
      const { clock, endpoint, store } = this.#runtime
      if (this.#removal !== undefined) yield* Fiber.await(this.#removal)
      this.#key ??= yield* this.#keyOf(this.#offered ?? this.#kept)
      const present = Effect.suspend(grant).pipe(
        Effect.flatMap((granted) => endpoint.present(this.account, granted)),
        Effect.flatMap((reply) => this.#accepted(reply)),
      )
      return yield* Claim.presentClaimed({
        store,
        clock,
        key: this.#key,
        holder: this.#holder,
        purpose,
        generation: flight.generation,
        counted: this.#snapshot.context.generation,
        deadline: this.account.settings.deadline,
        mayRepeat: (startedAt) => this.#mayRepeat(startedAt),
        present: () => present,
        times: (tokens, startedAt) => this.#times(tokens, startedAt),
      })
    })
  }

  /** A child's token, or that of acting in place: derived from a living bearer, kept in memory alone. */
  #derived(flight: Flight): Effect.Effect<Claim.Brought, AuthError.AuthError> {
    return Effect.gen({ self: this }, function* () {
      const { clock, endpoint } = this.#runtime
      const parent = this.#parent
      const startedAt = clock.now()
      const presentAs = (bearer: Redacted.Redacted<string>) =>
        endpoint.present(this.account, Grant.actAs(flight.subject ?? "", bearer))
      const reply =
        parent === undefined
          ? yield* this.#own === undefined
              ? AuthError.refuse(new AuthError.SignedOut({}))
              : presentAs(this.#own.accessToken)
          : yield* parent.withOwnBearer((bearer) => presentAs(bearer.token))
      if (reply._tag === "Challenged") return yield* AuthError.refuse(new AuthError.PasscodeRequired({}))
      const generation = this.#snapshot.context.generation + 1
      return { _tag: "Issued", tokens: reply.tokens, times: this.#times(reply.tokens, startedAt), generation }
    })
  }

  #times(tokens: Tokens, issuedAt: number) {
    const { renewal } = this.account.provider
    return tokenTimes(renewal, { issuedAt, lifetime: tokens.lifetime, random: this.#runtime.random() })
  }

  /** Looks at what came: the very token that was to be replaced is none, and an old refresh token may still be in force. */
  #accepted(reply: TokenReply): Effect.Effect<TokenReply, AuthError.AuthError> {
    if (reply._tag === "Challenged") return Effect.succeed(reply)
    const { tokens } = reply
    const provider = this.account.provider.id
    if (!(tokens.lifetime > 0)) return AuthError.refuse(new AuthError.Unreadable({ provider }))
    const { own } = this.#snapshot.context
    const held = own === null ? undefined : this.#own
    const dead = own !== null && (own.rejected || reached(own.expiresAt, this.#runtime.clock.now()))
    if (dead && held !== undefined && same(held.accessToken, tokens.accessToken)) {
      return AuthError.refuse(new AuthError.RenewalRefused({ provider, sameToken: true }))
    }
    // RFC 6749 §6: a reply without a refresh token leaves the one that was presented in force.
    const refreshToken = tokens.refreshToken ?? held?.refreshToken
    return Effect.succeed({ _tag: "Issued", tokens: { ...tokens, refreshToken } })
  }

  // --- bearers ------------------------------------------------------------------------------------------------------

  /**
   * A bearer that may be handed out now. While the token lives this is immediate, and in its soft window it starts a renewal in
   * the background; otherwise it waits for the one presentation that is under way, or starts it, and shares its failure. It
   * never waits for a retry.
   */
  readonly bearer: Effect.Effect<Bearer, AuthError.AuthError> = Effect.suspend(() => {
    const now = this.#runtime.clock.now()
    const usable = this.#usable(now)
    if (usable === undefined) return this.#joined
    if (reached(currentFacts(this.#snapshot.context)?.dueAt ?? null, now)) this.#demand(now)
    return Effect.succeed(usable)
  })

  /** A bearer that may be handed out now and is not yet due, without an effect: the quick way for faces that have no fiber. */
  peek(): Bearer | undefined {
    const now = this.#runtime.clock.now()
    return reached(currentFacts(this.#snapshot.context)?.dueAt ?? null, now) ? undefined : this.#usable(now)
  }

  #usable(now: number): Bearer | undefined {
    const { context } = this.#snapshot
    const facts = currentFacts(context)
    const tokens = context.subject === null ? this.#own : this.#acting
    if (this.#closed || facts === null || tokens === undefined || !isUsableAt(facts, now)) return undefined
    this.#bearer ??= bearerOf(tokens, facts)
    return this.#bearer
  }

  get #joined(): Effect.Effect<Bearer, AuthError.AuthError> {
    this.#demand(this.#runtime.clock.now())
    return Effect.flatMap(this.#atRest, () => {
      const usable = this.#usable(this.#runtime.clock.now())
      return usable === undefined ? Effect.fail(this.#refusal) : Effect.succeed(usable)
    })
  }

  /** Somebody needs a token: whatever the state allows without a person is begun. */
  #demand(now: number): void {
    const { context, value } = this.#snapshot
    if (this.#closed || now < this.#quietUntil) return
    if (typeof value === "object" && "unauthenticated" in value && value.unauthenticated === "idle") {
      const passing = context.refusal === null || PASSING.has(context.refusal.code)
      if (context.unattended && passing) this.send({ type: "SignIn" })
      return
    }
    this.send({ type: "Due", generation: currentGeneration(context), now })
  }

  /** Until no presentation is under way. All who wait share one latch. */
  get #atRest(): Effect.Effect<void> {
    return Effect.suspend(() => {
      if (this.#closed || this.#snapshot.context.presenting === null) return Effect.void
      this.#rest ??= Deferred.makeUnsafe()
      return Deferred.await(this.#rest)
    })
  }

  /** Why there is no token now, as a typed error. */
  get #refusal(): AuthError.AuthError {
    const provider = this.account.provider.id
    const code = this.#snapshot.context.refusal?.code
    if (this.#closed || code === undefined || code === "SignedOut") {
      return this.#view.state === "mfa_required" && !this.#closed
        ? AuthError.refuse(new AuthError.PasscodeRequired({ provider }))
        : AuthError.refuse(new AuthError.SignedOut({ provider }))
    }
    if (this.#view.state === "mfa_required") return AuthError.refuse(new AuthError.PasscodeRequired({ provider }))
    if (code === "ChallengeExpired") return AuthError.refuse(new AuthError.ChallengeExpired({ provider }))
    return this.#error ?? AuthError.refuse(new AuthError.OutcomeUnknown({ provider, grant: "RefreshToken" }))
  }

  /** An API answered 401 to the token of this generation. Only the current one changes anything. */
  reject(generation: number): void {
    this.send({ type: "Rejected", generation, now: this.#runtime.clock.now() })
  }

  /** Runs a call with the account's own bearer, whoever the session acts for; a rejected one is renewed, and the call repeated, once. */
  withOwnBearer<A>(
    call: (bearer: Bearer) => Effect.Effect<A, AuthError.AuthError>,
  ): Effect.Effect<A, AuthError.AuthError> {
    return this.#repeatedOnce(this.#ownBearer, call)
  }

  /** Runs a call with the bearer that the session hands out; a rejected one is renewed, and the call repeated, once. */
  withBearer<A>(
    call: (bearer: Bearer) => Effect.Effect<A, AuthError.AuthError>,
  ): Effect.Effect<A, AuthError.AuthError> {
    return this.#repeatedOnce(this.bearer, call)
  }

  #repeatedOnce<A>(
    bearer: Effect.Effect<Bearer, AuthError.AuthError>,
    call: (bearer: Bearer) => Effect.Effect<A, AuthError.AuthError>,
  ): Effect.Effect<A, AuthError.AuthError> {
    return Effect.flatMap(bearer, (first) =>
      Effect.catch(call(first), (error) => {
        if (error.reason._tag !== "NotAllowed" || error.reason.bearerRefused !== true) return Effect.fail(error)
        this.reject(first.generation)
        return Effect.flatMap(bearer, (second) =>
          second.generation === first.generation ? Effect.fail(error) : call(second),
        )
      }),
    )
  }

  get #ownBearer(): Effect.Effect<Bearer, AuthError.AuthError> {
    return Effect.suspend(() => {
      const { context } = this.#snapshot
      if (context.subject === null) return this.bearer
      const { own } = context
      return own !== null && this.#own !== undefined && isUsableAt(own, this.#runtime.clock.now())
        ? Effect.succeed(bearerOf(this.#own, own))
        : // It is renewed by the chart as soon as the subject's token is derived again.
          AuthError.refuse(new AuthError.Unavailable({ provider: this.account.provider.id }))
    })
  }

  // --- wishes -------------------------------------------------------------------------------------------------------

  /**
   * Signs in, with the credentials given or with those at hand. Gives the view when a token is there, or when a passcode is
   * asked for; fails with the refusal.
   */
  signIn(credentials?: Credentials | undefined): Effect.Effect<SessionView, AuthError.AuthError> {
    return Effect.gen({ self: this }, function* () {
      yield* this.#atRest
      const { actions } = this.#view
      if (!this.#closed && actions.includes("sign_in")) {
        if (this.#error?.reason._tag === "Throttled" && this.#runtime.clock.now() < this.#quietUntil) {
          return yield* this.#error
        }
        const given = credentials ?? this.#kept
        if (given === undefined && this.account.provider.signsInWith === "password") {
          return yield* AuthError.refuse(
            new AuthError.Misconfigured({
              provider: this.account.provider.id,
              field: "credentials",
              fix: "Give a username and a password, here or when the session is made.",
            }),
          )
        }
        const key = yield* this.#keyOf(given)
        if (this.#view.actions.includes("sign_in")) {
          this.#post(() => {
            this.#key = key
            this.#offered = given
            return { type: "SignIn" }
          })
          yield* this.#atRest
        }
      }
      return yield* this.#settled
    })
  }

  /** Answers the challenge. Fails as `BadPasscode`, after which another passcode may be given, or with what ended the challenge. */
  submitPasscode(passcode: Redacted.Redacted<string>): Effect.Effect<SessionView, AuthError.AuthError> {
    return Effect.gen({ self: this }, function* () {
      yield* this.#atRest
      if (!this.#view.actions.includes("submit_passcode")) return yield* this.#settled
      this.#post(() => {
        this.#passcode = passcode
        return { type: "SubmitPasscode" }
      })
      yield* this.#atRest
      if (this.#view.state === "mfa_required" && this.#view.refusal !== null && this.#error !== undefined) {
        return yield* this.#error
      }
      return yield* this.#settled
    })
  }

  /** Takes a sign-in or a challenge back. What there was before it is still there. */
  readonly cancel: Effect.Effect<void> = Effect.sync(() => {
    this.#post(() => {
      this.#offered = undefined
      return { type: "Cancel", now: this.#runtime.clock.now() }
    })
  })

  /**
   * From now on this session acts for `subject`: the bearers that it hands out are the subject's. Fails with the refusal, and
   * then hands out its own again.
   */
  startActing(subject: string): Effect.Effect<SessionView, AuthError.AuthError> {
    return Effect.gen({ self: this }, function* () {
      if (this.#snapshot.context.subject !== null) yield* this.stopActing
      // Whatever renewal is due comes first, and is joined.
      yield* this.bearer
      yield* this.#atRest
      this.send({ type: "ActAs", subject })
      yield* this.#atRest
      if (this.#snapshot.context.subject !== subject) return yield* Effect.fail(this.#error ?? this.#refusal)
      return yield* this.#settled
    })
  }

  /** The session hands out its own bearers again. */
  readonly stopActing: Effect.Effect<SessionView> = Effect.sync(() => {
    this.send({ type: "StopActing", now: this.#runtime.clock.now() })
    return this.#view
  })

  /**
   * Ends the session: in memory, in the store, at the provider where it can be told, and for all children. It wins over whatever
   * is under way.
   */
  readonly signOut: Effect.Effect<void> = Effect.suspend(() => {
    const { endpoint } = this.#runtime
    const bearers = [this.#acting, this.#own].flatMap((tokens) => tokens?.accessToken ?? [])
    this.#offered = undefined
    this.send({ type: "SignOut" })
    const children = Effect.forEach([...this.#children], (child) => child.close, { discard: true })
    const removal = this.#removal === undefined ? Effect.void : Effect.asVoid(Fiber.await(this.#removal))
    const revocation = this.#can("revoke")
      ? Effect.forEach(bearers, (bearer) => Effect.ignore(endpoint.revoke(this.account, bearer)), { discard: true })
      : Effect.void
    return Effect.all([children, removal, revocation], { discard: true })
  })

  /** What the provider knows about the bearer that the session hands out. */
  readonly inspect: Effect.Effect<Inspection, AuthError.AuthError> = Effect.suspend(() =>
    this.withBearer((bearer) => this.#runtime.endpoint.inspect(this.account, bearer.token)),
  )

  /** A session of its own that acts for `subject` for as long as it is open; it is closed with this one at the latest. */
  child(subject: string): Effect.Effect<Driver, AuthError.AuthError> {
    return Effect.gen({ self: this }, function* () {
      const child = yield* Driver.make(this.#runtime, { account: this.account, acting: { subject, parent: this } })
      this.#children.add(child)
      return yield* Effect.as(child.bearer, child).pipe(Effect.onError(() => child.close))
    })
  }

  /**
   * Closes the session in this process. What is stored stays. A renewal that is under way is awaited and stored; everything
   * else is cut.
   */
  readonly close: Effect.Effect<void> = Effect.suspend(() => {
    if (this.#closed) return Effect.void
    const flights = [...this.#flights]
    for (const flight of flights) {
      if (flight.purpose !== "renewal") flight.fiber?.interruptUnsafe()
    }
    this.#runtime.alarm.clear(this)
    if (this.#parent !== undefined) this.#parent.#children.delete(this)
    return Effect.forEach([...this.#children], (child) => child.close, { discard: true }).pipe(
      Effect.andThen(
        Effect.forEach(flights, ({ fiber }) => (fiber === undefined ? Effect.void : Fiber.await(fiber)), {
          concurrency: "unbounded",
          discard: true,
        }),
      ),
      Effect.andThen(
        Effect.sync(() => {
          this.#closed = true
          this.#runtime.alarm.clear(this)
          this.#own = this.#acting = this.#challenge = this.#offered = this.#passcode = this.#bearer = undefined
          this.#listeners.clear()
          this.#post(() => undefined)
        }),
      ),
    )
  })

  get #settled(): Effect.Effect<SessionView, AuthError.AuthError> {
    const usable = this.#usable(this.#runtime.clock.now()) !== undefined
    const asked = this.#view.path === "mfa_required.awaiting_passcode" && !this.#closed
    return usable || asked ? Effect.succeed(this.#view) : Effect.fail(this.#refusal)
  }

  #can(capability: "revoke"): boolean {
    return this.account.provider.capabilities.has(capability)
  }
}

const bearerOf = (
  tokens: Tokens,
  facts: { readonly generation: number; readonly expiresAt: number | null },
): Bearer => ({
  token: tokens.accessToken,
  tokenType: tokens.tokenType,
  generation: facts.generation,
  expiresAt: facts.expiresAt,
  scope: tokens.scope,
  identity: tokens.identity,
})

const same = (a: Redacted.Redacted<string>, b: Redacted.Redacted<string>): boolean =>
  Redacted.value(a) === Redacted.value(b)

/** A defect is a mistake of ours; the session must not hang for it, and its text must not be shown, for it may hold anything. */
const errorOf = (cause: Cause.Cause<AuthError.AuthError>): AuthError.AuthError => {
  const failure = cause.reasons.find((reason) => reason._tag === "Fail")
  return failure?._tag === "Fail" ? failure.error : AuthError.refuse(new AuthError.Unreadable({}))
}
