/** Random events over random faults, and random bytes for answers. */
import { setFlagsFromString } from "node:v8"
import { runInNewContext } from "node:vm"
import { type Fault, faultNames, type Rule } from "@pbx-auth/emulator/Fault"
import { isAuthError } from "@pbx-auth/providers/AuthError"
import * as Cause from "effect/Cause"
import * as Effect from "effect/Effect"
import * as Exit from "effect/Exit"
import * as Fiber from "effect/Fiber"
import * as Redacted from "effect/Redacted"
import * as Scope from "effect/Scope"
import { Random } from "../../../packages/machine/test/Random.ts"
import { leaked } from "../../../packages/providers/test/Leak.ts"
import { Notes } from "../Finding.ts"
import { type Lab, scaled } from "../Lab.ts"
import type { Row } from "../Row.ts"
import * as Stage from "../Stage.ts"
import { ipex, passcode, sangomaCx, skyswitch, subjects, unattended, type Vendor, withFactor } from "../Vendor.ts"

const SECOND = 1_000
const MINUTE = 60 * SECOND

const SEED = 20_260

/** The states that the chart has. */
const states = new Set([
  ...["idle", "signing_in", "waiting"].map((inside) => `unauthenticated.${inside}`),
  ...["awaiting_passcode", "verifying"].map((inside) => `mfa_required.${inside}`),
  "authenticated",
  ...["renewing", "signing_in", "waiting", "recovering"].map((inside) => `expiring.${inside}`),
  "refreshed",
  ...["starting", "live", "renewing", "waiting"].map((inside) => `masqueraded.${inside}`),
])

interface Actor {
  readonly vendor: Vendor
  readonly isAttended: boolean
  readonly hasFactor?: boolean
  readonly subject?: string
}

const actors: ReadonlyArray<Actor> = [
  { vendor: skyswitch, isAttended: true, subject: subjects.netsapiens },
  { vendor: skyswitch, isAttended: false, subject: subjects.netsapiens },
  { vendor: skyswitch, isAttended: true, hasFactor: true },
  { vendor: ipex, isAttended: true, subject: subjects.ipex },
  { vendor: ipex, isAttended: false, subject: subjects.ipex },
  { vendor: sangomaCx, isAttended: false },
]

const faultOf = (random: Random): Fault => {
  const name = random.of(faultNames)
  if (name === "redirect") return { _tag: name, to: "http://127.0.0.1:2/elsewhere" }
  if (name === "expires_in") return { _tag: name, value: random.of([null, -1, 0, "60", 1e12, 5]) }
  // Fifty megabytes a thousand times would only take long.
  if (name === "huge_body") return { _tag: name, bytes: 2_000_000 }
  return { _tag: name } as Fault
}

const ruleOf = (random: Random): Rule => {
  const fault = faultOf(random)
  const times = 1 + random.below(4)
  return { fault, times }
}

interface Round {
  readonly events: number
  readonly wrong: ReadonlyArray<string>
}

/** One session through random events, until everything has recovered, and closed. */
const round = (lab: Lab, random: Random, actor: Actor, events: number): Effect.Effect<Round> => {
  const { hasFactor = false, isAttended, subject, vendor } = actor
  const wrong = new Set<string>()
  const rotation = random.of(["none", "strict", { grace: 30 }])
  const world = { netsapiens: { rotation }, ipex: { rotation }, sangomaCx: { lifetime: 3600 } }
  const what = `${vendor.name}${hasFactor ? " with a second factor" : ""}`
  return Stage.timed(lab, { wire: "process", world }, (stage) =>
    Effect.gen(function* () {
      const scope = yield* Scope.make()
      const open = isAttended ? vendor.configure(stage.origin) : unattended(vendor, stage.origin)
      const session = yield* stage.open(open).pipe(Effect.provideService(Scope.Scope, scope))
      const credentials = hasFactor ? withFactor : vendor.person
      const asked: Array<Fiber.Fiber<unknown, unknown>> = []

      /** A caller asks, and does not wait for it. */
      const ask = <A>(effect: Effect.Effect<A, unknown>, check: (a: A) => void = () => {}) =>
        Effect.gen(function* () {
          const checked = Effect.exit(effect).pipe(
            Effect.tap((exit) =>
              Effect.sync(() => {
                if (Exit.isSuccess(exit)) return check(exit.value)
                const isTyped = exit.cause.reasons.every(
                  (reason) =>
                    Cause.isInterruptReason(reason) || (Cause.isFailReason(reason) && isAuthError(reason.error)),
                )
                if (!isTyped) wrong.add(`${what}: only an AuthError gets out`)
              }),
            ),
          )
          asked.push(yield* Effect.forkDetach(checked, { startImmediately: true }))
        })

      const acts: ReadonlyArray<() => Effect.Effect<unknown>> = [
        () => stage.time.advance(random.of([0, 1, 50, SECOND, 20 * SECOND, 5 * MINUTE, 40 * MINUTE])),
        () => stage.time.advance(random.of([0, 1, 50, SECOND, 20 * SECOND, 5 * MINUTE, 40 * MINUTE])),
        () => stage.time.asleep(random.of([MINUTE, 90 * MINUTE])),
        () => stage.arm(ruleOf(random)),
        () => stage.arm(ruleOf(random)),
        () => stage.heal,
        () => ask(session.bearer, ({ token }) => garbage(Redacted.value(token))),
        () => ask(session.bearer, ({ token }) => garbage(Redacted.value(token))),
        () => ask(session.signIn(credentials)),
        () => ask(hasFactor ? session.submitPasscode(random.of([passcode, Redacted.make("000000")])) : Effect.void),
        () => ask(subject === undefined ? Effect.void : session.startActing(subject)),
        () => ask(subject === undefined ? Effect.void : Effect.scoped(session.actAs(subject))),
        () => ask(subject === undefined ? Effect.void : session.stopActing),
        () => ask(session.cancel),
        () => (random.chance(0.3) ? ask(session.signOut) : Effect.void),
        () => Effect.flatMap(session.view, ({ generation }) => session.reject(generation)),
        () => session.reject(random.below(20)),
        () => stage.emulator.killAccessTokens,
        () => (random.chance(0.3) ? stage.emulator.killRefreshTokens : Effect.void),
        () => Effect.sync(() => stage.time.setWall(stage.time.now() + random.of([0, 0, 2, -2]) * 60 * MINUTE)),
        () => Effect.sync(random.chance(0.5) ? stage.cut : stage.mend),
      ]
      const garbage = (token: string) => {
        if (!/^[\x21-\x7e]{16,}$/.test(token)) wrong.add(`${what}: no garbage is handed out`)
      }
      for (let event = 0; event < events; event++) {
        yield* random.of(acts)()
        const view = yield* session.view
        if (!states.has(view.path)) wrong.add(`${what}: a state that the chart has, not ${view.path}`)
        if (JSON.stringify(JSON.parse(JSON.stringify(view))) !== JSON.stringify(view)) {
          wrong.add(`${what}: a view is plain JSON`)
        }
        if (stage.wasDoubled()) wrong.add(`${what}: no refresh token is presented twice at a time`)
      }

      // After the recovery: a session that may sign in by itself has a token, and a person can get one. A day has to pass, because
      // credentials with an unreadable answer are presented a few times a day at most.
      stage.mend()
      stage.time.setWall(stage.time.now())
      yield* stage.heal
      yield* stage.time.advance(25 * 60 * MINUTE)
      const last = yield* stage.time.through(
        Effect.gen(function* () {
          if (subject !== undefined) yield* session.stopActing
          for (let tries = 0; tries < 60; tries++) {
            const bearer = yield* Effect.result(session.bearer)
            if (bearer._tag === "Success") {
              if (yield* stage.isGood(vendor, bearer.success.token)) return true
              yield* session.reject(bearer.success.generation)
            } else {
              const { actions } = yield* session.view
              if (actions.includes("submit_passcode")) yield* Effect.result(session.submitPasscode(passcode))
              else if (actions.includes("sign_in")) yield* Effect.result(session.signIn(credentials))
            }
            yield* Effect.sleep(20 * SECOND)
          }
          return false
        }),
      )
      if (!last) wrong.add(`${what}: a good token in the end`)
      yield* stage.time.through(Effect.forEach(asked, Fiber.await, { discard: true }))
      yield* stage.time.through(session.signOut)
      yield* stage.time.through(Scope.close(scope, Exit.void))
      yield* stage.time.settle
      if (stage.fibers() !== 0) wrong.add(`${what}: no fiber is left behind, not ${stage.fibers()}`)
      if (stage.time.sleepers() !== 0) wrong.add(`${what}: nobody sleeps on, not ${stage.time.sleepers()}`)
      return { events, wrong: [...wrong] }
    }),
  )
}

/** What is really in use, in bytes. */
const heap = () => {
  setFlagsFromString("--expose-gc")
  const collect: () => void = runInNewContext("gc")
  collect()
  return process.memoryUsage().heapUsed
}

/** How much a process may grow between the middle and the end, in bytes: compiled code and caches, and no sessions. */
const GROWTH = 6_000_000

export const randomFaults: Row = {
  id: "F2",
  fault: "random events over random faults, for hours",
  bar: "no invariant breaks, no unhandled rejection, no fiber left behind, memory flat",
  means:
    "Sessions of each kind are asked, refused, signed out and in, put to sleep, cut off and set to wrong times, while random faults hit their requests. The run is seeded, under virtual time. Then the faults end, the sessions have a good token, and they close.",
  run: (lab) =>
    Effect.gen(function* () {
      const notes = new Notes(lab)
      const rounds = scaled(lab, { smoke: 3, short: 30, full: 600 })
      const unhandled: Array<string> = []
      const onUnhandled = (reason: unknown) => void unhandled.push(String(reason))
      process.on("unhandledRejection", onUnhandled)
      let events = 0
      let middle = 0
      yield* Effect.gen(function* () {
        for (let index = 0; index < rounds; index++) {
          const actor = actors[index % actors.length]
          if (actor === undefined) continue
          const seen = yield* round(lab, new Random(SEED + index), actor, 120)
          events += seen.events
          for (const one of seen.wrong) notes.must(`${one} (seed ${SEED + index})`, false)
          if (index === Math.floor(rounds / 2)) middle = heap()
        }
      }).pipe(Effect.ensuring(Effect.sync(() => process.off("unhandledRejection", onUnhandled))))
      const growth = heap() - middle
      notes.must(`no unhandled rejection (${unhandled[0]})`, unhandled.length === 0)
      notes.must(`memory is flat, and does not grow by ${Math.round(growth / 1e5) / 10} MB`, growth < GROWTH)
      return notes
        .count("unhandled rejections", unhandled.length)
        .measure("events", events)
        .measure("sessions", rounds)
        .measure("heap gained in the second half", `${(growth / 1e6).toFixed(1)} MB`).finding
    }),
}

/** Anything at all, and what looks almost like an answer. */
const bytesOf = (random: Random, secret: string): Uint8Array => {
  const any = (length: number) => Uint8Array.from({ length }, () => random.below(256))
  if (random.chance(0.4)) return any(random.below(400))
  const value = (): unknown =>
    random.of<() => unknown>([
      () => null,
      () => random.below(1e6) - 5e5,
      () => random.of(["", "Bearer", "mfa_required", secret, "error", "x".repeat(random.below(50))]),
      () => [value()],
      () => ({ [random.of(["a", "__proto__", "toString", secret])]: random.below(9) }),
      () => random.chance(0.5),
    ])()
  const fields = [
    "access_token",
    "refresh_token",
    "expires_in",
    "token_type",
    "scope",
    "error",
    "code",
    "mfa",
    "message",
  ]
  const text = JSON.stringify(
    Object.fromEntries(fields.filter(() => random.chance(0.5)).map((name) => [name, value()])),
  )
  const bytes = new TextEncoder().encode(text)
  for (let spoilt = random.below(4); spoilt > 0; spoilt--) bytes[random.below(bytes.length)] = random.below(256)
  return random.chance(0.3) ? bytes.slice(0, random.below(bytes.length)) : bytes
}

export const anyBytes: Row = {
  id: "F3",
  fault: "arbitrary bytes as a reply",
  bar: "only a typed error as an exception, no secret in it, a state that the chart allows",
  means:
    "Random bytes, and JSON that is almost an answer, with random statuses, for a sign-in, a renewal, a passcode, an act of acting and an inspection.",
  run: (lab) =>
    Effect.gen(function* () {
      const notes = new Notes(lab)
      const replies = scaled(lab, { smoke: 50, short: 300, full: 6_000 })
      const random = new Random(SEED)
      const secret = "canary-of-any-bytes-5c1e"
      const password = Redacted.value(skyswitch.person?.password ?? Redacted.make(""))
      let typed = 0
      let tokens = 0
      let asked = 0
      while (asked < replies) {
        yield* Stage.timed(lab, { wire: "process" }, (stage) =>
          Effect.gen(function* () {
            const session = yield* stage.open(skyswitch.configure(stage.origin))
            const acts: ReadonlyArray<Effect.Effect<unknown, unknown>> = [
              session.signIn(skyswitch.person),
              session.signIn(withFactor),
              Effect.flatMap(session.bearer, ({ generation }) => session.reject(generation)),
              session.bearer,
              session.submitPasscode(passcode),
              session.startActing(subjects.netsapiens),
              session.inspect,
              session.signOut,
            ]
            for (let index = 0; index < 50; index++) {
              const status = random.of([200, 200, 200, 201, 204, 301, 400, 401, 403, 404, 418, 429, 500, 503])
              const bytes = bytesOf(random, secret)
              const body = status === 204 ? {} : { base64: btoa(String.fromCharCode(...bytes)) }
              yield* stage.arm({ fault: { _tag: "reply", status, ...body } })
              const exit = yield* Effect.exit(stage.time.through(random.of(acts)))
              yield* stage.heal
              asked++
              if (Exit.isFailure(exit)) {
                const isTyped = exit.cause.reasons.every(
                  (reason) => Cause.isFailReason(reason) && isAuthError(reason.error),
                )
                notes.must(`a typed error, not ${isTyped ? "" : Cause.pretty(exit.cause)}`, isTyped)
                notes.must("no secret in an error", leaked(exit, [secret, password]).length === 0)
                typed++
              } else tokens++
              const { path } = yield* session.view
              notes.must(`a state that the chart allows, not ${path}`, states.has(path))
              if (index % 7 === 0) yield* Effect.exit(stage.time.through(session.signIn(skyswitch.person)))
              yield* stage.time.advance(random.of([0, SECOND, MINUTE]))
            }
          }),
        )
      }
      return notes.measure("replies", asked).measure("typed errors", typed).measure("taken well", tokens).finding
    }),
}
