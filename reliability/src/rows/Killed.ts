/** A process that is killed wherever it waits for something. */
import * as Emulator from "@pbx-auth/emulator/Emulator"
import * as Server from "@pbx-auth/emulator/Server"
import { decodeWorld } from "@pbx-auth/emulator/World"
import { AuthError, isAuthError } from "@pbx-auth/providers/AuthError"
import type { Intent } from "@pbx-auth/session/TokenStore"
import type { KeptRecord } from "@pbx-auth/store/KeptRecords"
import * as Effect from "effect/Effect"
import * as Redacted from "effect/Redacted"
import * as Result from "effect/Result"
import type * as Scope from "effect/Scope"
import { Notes } from "../Finding.ts"
import type { Lab } from "../Lab.ts"
import type { Row } from "../Row.ts"
import type { Opened } from "../Stage.ts"
import { boot, refreshTokenAt } from "../shared/Boot.ts"
import * as Ground from "../shared/Ground.ts"
import type { Job } from "../shared/Job.ts"
import * as Member from "../shared/Member.ts"
import { titles } from "../shared/Place.ts"
import { skyswitch, subjects } from "../Vendor.ts"

const SECOND = 1_000
const MINUTE = 60 * SECOND

/** How long the vendor takes a used refresh token, in s. */
const GRACE = 60

/** More steps than anything has. */
const MOST = 80

/** How many processes are killed at once. */
const AT_ONCE = 2

const rotations = ["none", "grace", "strict"] as const

type Rotation = (typeof rotations)[number]

type Does = Exclude<Job["does"], "rounds">

interface Course {
  readonly rotation: Rotation
  readonly does: Does
  /** Every which step is tried. */
  readonly stride: number
}

/** What became of a session. `lost`: a policy could have saved it. */
type Fate = "saved" | "typed" | "lost"

interface Outcome {
  readonly fate: Fate
  /** The process came to its end before that step. */
  readonly hasEnded: boolean
}

const isGood = (emulator: Emulator.Emulator, token: Redacted.Redacted<string>) =>
  Effect.promise(async () => {
    const headers = { authorization: `Bearer ${Redacted.value(token)}` }
    return (await emulator.fetch(`http://127.0.0.1:1${skyswitch.api}`, { headers })).status === 200
  })

/** What a process left behind. */
interface Left {
  readonly generation: number
  readonly intent: Intent | undefined
}

const leftOf = ([first]: ReadonlyArray<KeptRecord>): Left | undefined => {
  return first?._tag === "Kept" ? { generation: first.generation, intent: first.intent } : undefined
}

/** Until a renewal that can be done at once has been done. */
const settled = (session: Opened, generation: number) =>
  Effect.gen(function* () {
    for (let wait = 0; wait < 400; wait++) {
      const bearer = yield* session.bearer
      if (bearer.generation !== generation) return
      yield* Effect.sleep(25)
    }
  })

const acts = (session: Opened) =>
  "actAs" in session
    ? Effect.scoped(Effect.flatMap(session.actAs(subjects.netsapiens), (child) => child.accessToken))
    : Effect.die("this session cannot act")

/** One process that is killed at one step, and its restart. */
const killed = (
  lab: Lab,
  ground: Ground.Ground,
  { does, rotation }: Course,
  killAt: number,
  notes: Notes,
): Effect.Effect<Outcome> =>
  Effect.gen(function* () {
    const on = `${titles[ground.kind]}, ${rotation}, ${does} killed at step ${killAt}`
    const isGraced = rotation === "grace"
    const world = yield* decodeWorld({ netsapiens: { rotation: isGraced ? { grace: GRACE } : rotation } })
    const emulator = yield* Emulator.make({ world })
    const { origin } = yield* Server.serve({ port: 0, emulator })
    const place = ground.place()
    const options = {
      ...{ place, origin, refreshToken: does === "sign_in" ? undefined : yield* refreshTokenAt(origin) },
      rotation: isGraced ? { grace: GRACE * SECOND } : rotation,
    }
    /** A process with nothing in its memory, for as long as the body runs. */
    const restarted = <A>(
      ahead: number,
      body: (session: Opened, left: Left | undefined) => Effect.Effect<A, unknown, Scope.Scope>,
    ) =>
      Effect.scoped(
        Effect.gen(function* () {
          const { kept, open } = yield* boot(lab, { ...options, ahead })
          const left = leftOf(yield* kept.list)
          return yield* body(yield* open, left)
        }),
      )
    const grants = Effect.map(emulator.journal, (entries) => entries.filter(({ grant }) => grant !== undefined))

    let ahead = 0
    if (does !== "sign_in") {
      ahead = yield* restarted(0, (session) =>
        Effect.andThen(
          session.accessToken,
          Effect.map(session.view, ({ dueAt }) => (dueAt ?? 0) - Date.now()),
        ),
      )
      ahead = does === "renewal" ? ahead + SECOND : 0
    }
    yield* emulator.clearJournal

    const { end, signal } = yield* Effect.scoped(
      Effect.flatMap(Member.start(lab, { ...options, ahead, does, killAt }), ({ ended, next }) =>
        Effect.promise(async () => ({ end: await next("Ended"), signal: await ended })),
      ),
    )
    const hasEnded = end !== undefined
    notes.must(`it is killed, or comes to its end (${on})`, hasEnded || signal === "SIGKILL")
    const didRenew = (yield* grants).some(({ grant, status }) => grant === "refresh_token" && status === 200)
    const presented = Effect.map(grants, (all) => all.filter(({ grant }) => grant === "refresh_token").length)
    const signIns = Effect.map(grants, (all) => all.filter(({ grant }) => grant === "password").length)

    // At once.
    let canBeSaved = true
    const before = yield* presented
    const first = yield* restarted(ahead, (session, left) =>
      Effect.gen(function* () {
        const isKept = (left?.generation ?? 0) > 1
        if (does === "renewal") canBeSaved = rotation !== "strict" || !didRenew || isKept
        const bearer = yield* session.bearer
        const good = yield* isGood(emulator, bearer.token)
        if (does === "acting") yield* acts(session)
        if (does === "renewal" && !isKept) {
          if (rotation !== "strict" || left?.intent === undefined) yield* settled(session, bearer.generation)
          else {
            for (let wait = 0; wait < 20 && (yield* presented) === before; wait++) yield* Effect.sleep(50)
            notes.must(
              `a refresh token that may be used up is not shown while the token lives (${on})`,
              (yield* presented) === before,
            )
          }
        }
        return good
      }),
    ).pipe(Effect.result)
    const isServed = Result.isSuccess(first) && first.success
    notes.must(`a token that lives is served after the restart (${on}${said(first)})`, isServed)
    if (does !== "sign_in") notes.must(`nobody signs in (${on})`, (yield* signIns) === 0)
    if (does !== "renewal") return { fate: isServed ? "saved" : "lost", hasEnded } satisfies Outcome

    // After the end of the token that was to be renewed.
    const later = yield* restarted(ahead + 6 * MINUTE, (session) =>
      Effect.gen(function* () {
        const token = yield* Effect.result(session.accessToken)
        if (Result.isSuccess(token)) return { good: yield* isGood(emulator, token.success), told: undefined }
        // A person can go on.
        yield* session.signIn(skyswitch.person)
        return { good: false, told: token.failure }
      }),
    ).pipe(Effect.result)
    const isSaved = Result.isSuccess(later) && later.success.good
    const isTyped = Result.isSuccess(later) && isAuthError(later.success.told)
    if (canBeSaved) {
      notes.must(`a session that a policy can save is not lost (${on}${said(later)})`, isSaved)
      return { fate: isSaved ? "saved" : "lost", hasEnded } satisfies Outcome
    }
    notes.must(`what is lost has a typed error, and a person can sign in (${on}${said(later)})`, isSaved || isTyped)
    return { fate: isSaved ? "saved" : isTyped ? "typed" : "lost", hasEnded } satisfies Outcome
  }).pipe(Effect.scoped, Effect.orDie)

/** What a failure was, for a sentence. */
const said = (result: Result.Result<unknown, unknown>): string => {
  if (Result.isSuccess(result)) return ""
  const { failure } = result
  return failure instanceof AuthError ? `: ${failure.reason._tag}` : `: ${String(failure)}`
}

interface Tried {
  readonly points: number
  readonly fates: Readonly<Record<Fate, number>>
}

/** At every step, until the process comes to its end by itself. */
const everywhere = (lab: Lab, ground: Ground.Ground, course: Course, notes: Notes) =>
  Effect.gen(function* () {
    const fates = { saved: 0, typed: 0, lost: 0 }
    let points = 0
    for (let from = 1; from <= MOST; from += AT_ONCE * course.stride) {
      const steps = Array.from({ length: AT_ONCE }, (_, index) => from + index * course.stride)
      const outcomes = yield* Effect.forEach(steps, (step) => killed(lab, ground, course, step, notes), {
        concurrency: "unbounded",
      })
      for (const { fate, hasEnded } of outcomes) {
        if (!hasEnded) points += 1
        fates[fate] += 1
      }
      if (outcomes.some(({ hasEnded }) => hasEnded)) return { points, fates } satisfies Tried
    }
    notes.must("it comes to its end", false)
    return { points, fates } satisfies Tried
  })

/** What is tried in a place. Only a renewal depends on the vendor's rotation. */
const courses = ({ scale }: Lab): ReadonlyArray<Course> => {
  if (scale === "smoke") return [{ does: "renewal", rotation: "strict", stride: 20 }]
  const stride = scale === "short" ? 5 : 1
  return [
    { does: "sign_in", rotation: "strict", stride },
    ...rotations.map((rotation) => ({ does: "renewal" as const, rotation, stride })),
    { does: "acting", rotation: "strict", stride },
  ]
}

const titlesOf = { sign_in: "sign-in", renewal: "renewal", acting: "acting" } as const

export const killedAnywhere: Row = {
  id: "R13",
  fault: "a process is killed with SIGKILL wherever it waits: in a sign-in, a renewal, acting",
  bar: "0 sessions lost that a policy can save; the rest has a typed error",
  others: "no journal anywhere",
  means:
    "A process of its own counts each access to its store and each part of each request, and kills itself at the first of them, at the second, and so on, until it comes to its end. Then a restart must serve the token that lives, and have another one after its end, at vendors that keep, replace, or strictly replace a refresh token, over files, SQLite, PostgreSQL and Redis. Only a used refresh token whose successor died with the process cannot be saved: then a person has to sign in.",
  run: (lab) =>
    Effect.gen(function* () {
      const notes = new Notes(lab)
      let lost = 0
      yield* Ground.each(lab, notes, (ground) =>
        Effect.gen(function* () {
          for (const course of courses(lab)) {
            const { fates, points } = yield* everywhere(lab, ground, course, notes)
            lost += fates.lost
            const what = course.does === "renewal" ? `renewal, ${course.rotation}` : titlesOf[course.does]
            const rest = fates.typed === 0 ? "" : `, ${fates.typed} typed`
            notes.measure(`${titles[ground.kind]}, ${what}`, `${points} kills, ${fates.lost} lost${rest}`)
          }
        }),
      )
      return notes.count("sessions lost that a policy can save", lost).finding
    }),
}
