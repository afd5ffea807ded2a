/** A session ends while many children act with its bearer. */
import type { Credentials } from "@pbx-auth/providers/Provider"
import type { BearerSource } from "@pbx-auth/session/Session"
import { SessionRuntime } from "@pbx-auth/session/SessionRuntime"
import { Sessions } from "@pbx-auth/session/Sessions"
import * as Context from "effect/Context"
import * as Effect from "effect/Effect"
import * as Exit from "effect/Exit"
import * as Fiber from "effect/Fiber"
import * as HttpClient from "effect/http/HttpClient"
import * as Latch from "effect/Latch"
import * as Layer from "effect/Layer"
import * as Redacted from "effect/Redacted"
import * as Scope from "effect/Scope"
import { Notes } from "../Finding.ts"
import { type Lab, sampled, scaled } from "../Lab.ts"
import type { Row } from "../Row.ts"
import type { Opened } from "../Stage.ts"
import * as Stage from "../Stage.ts"
import { type Acting, impersonating, masquerading } from "./Acting.ts"
import * as Impostor from "./Impostor.ts"
import { ends, type ParentEnd, signsOut } from "./ParentEnd.ts"
import * as Seat from "./Seat.ts"

/** Where its children come from. */
interface Home {
  readonly name: string
  /** The sessions are taken from a registry, or opened each by itself. */
  readonly isPooled: boolean
  readonly children: number
}

/** The most calls that anyone makes while the parent ends. */
const ROUNDS = 20

interface Seen {
  readonly calls: number
  readonly isOver: boolean
  readonly orphans: number
  readonly handedOut: number
  readonly callsAfter: number
  readonly wrong: number
  readonly isNeighbourServed: boolean
  readonly wokenUp: number
  readonly fibers: number
  readonly sleepers: number
  readonly leftAtVendor: number
}

const idle = "unauthenticated.idle"

const tokensIn = (text: string): ReadonlyArray<string> =>
  [...text.matchAll(/"access_token":"([^"]+)"/g)].map(([, token = ""]) => token)

const die = (lab: Lab, acting: Acting, home: Home, end: ParentEnd): Effect.Effect<Seen> => {
  const { vendor } = acting
  // Some are only asked for when the end comes.
  const late = Math.ceil(home.children / 10)
  const subjects = Array.from({ length: home.children + late }, (_, index) => acting.subjectOf(index))
  const given = new Set<string>()
  const isRevoking = end === signsOut && acting.canRevoke
  const onReply = (text: string) => {
    for (const token of tokensIn(text)) given.add(token)
  }
  const options = { wire: "socket", world: acting.worldOf(subjects.length), ...(isRevoking && { onReply }) } as const

  return Stage.timed(lab, options, (stage) =>
    Effect.gen(function* () {
      const client = yield* Effect.provide(HttpClient.HttpClient, stage.http)
      const row = yield* Scope.Scope
      const registry = yield* Scope.fork(row)
      const using = yield* Scope.fork(row)
      const sessions = yield* Layer.build(
        Layer.provide(
          // Hundreds of sign-ins a minute are more than the vendor would accept.
          lab.sessions({ respectRateLimits: false }),
          Layer.succeed(SessionRuntime, stage.runtime()),
        ),
      ).pipe(Effect.map(Context.get(Sessions)), Scope.provide(registry))

      const open = Effect.fnUntraced(function* (credentials: Credentials | undefined) {
        const configured = vendor.configure(stage.origin, credentials && { credentials })
        if (home.isPooled) {
          const session = yield* sessions.session(configured, { name: "somebody" })
          return { session, close: sessions.close(session) }
        }
        const own = yield* Scope.fork(row)
        return { session: yield* Scope.provide(stage.open(configured), own), close: Scope.close(own, Exit.void) }
      })

      const { close, session: parent } = yield* open(end.isAttended ? undefined : vendor.person)
      yield* parent.signIn(vendor.person)
      const neighbour = yield* open(acting.neighbour)
      const isOver = Effect.map(parent.view, ({ path }) => path === idle)

      const everybody = 1 + home.children + late
      const tally: Seat.Tally = { calls: 0, handedOut: 0, misnamed: 0 }
      const inTheMiddle = yield* Latch.make()
      const seatOf = (who: string, as: string, source: BearerSource) =>
        Seat.make({
          who,
          as,
          source,
          isLost: who === acting.dying ? isOver : Effect.succeed(false),
          client,
          url: `${stage.origin}${vendor.api}`,
          names: acting.names,
          tally,
          onCall: () => {
            if (tally.calls > everybody * 1.1) inTheMiddle.openUnsafe()
          },
        })

      const childOf = (who: string, session: Opened) => (as: string) =>
        Effect.flatMap(Scope.provide(session.actAs(as), using), (child) =>
          Effect.map(seatOf(who, as, child), (seat) => ({ child, seat })),
        )
      const children = yield* Effect.forEach(subjects.slice(0, home.children), childOf(acting.dying, parent), {
        concurrency: 50,
      })
      // Another parent's children act for the same subjects.
      const others = yield* Effect.forEach(subjects.slice(0, late), childOf(acting.living, neighbour.session), {
        concurrency: 50,
      })
      const dying = [yield* seatOf(acting.dying, acting.dying, parent), ...children.map(({ seat }) => seat)]
      const living = others.map(({ seat }) => seat)

      const together = <A>(seats: ReadonlyArray<Seat.Seat>, f: (seat: Seat.Seat) => Effect.Effect<A>) =>
        Effect.forEach(seats, f, { concurrency: "unbounded" })
      const keepCalling = Effect.fnUntraced(function* ({ call }: Seat.Seat) {
        for (let round = 0; round < ROUNDS; round++) {
          const wasOver = yield* isOver
          if (!(yield* call) || wasOver) return
        }
      })

      const calling = yield* Effect.forkChild(together([...dying, ...living], keepCalling))
      yield* inTheMiddle.await
      const coming = yield* Effect.forkChild(
        Effect.forEach(subjects.slice(home.children), (as) => Effect.result(childOf(acting.dying, parent)(as)), {
          concurrency: "unbounded",
        }),
        { startImmediately: true },
      )
      const ending = end.bring({ acting, stage, parent, close })
      yield* stage.time.through(Effect.andThen(ending, Fiber.join(calling)))
      const made = yield* stage.time.through(Fiber.join(coming))
      const born = made.flatMap((one) => (one._tag === "Success" ? [one.success] : []))
      yield* stage.time.settle
      const wasOver = yield* isOver

      const wrong =
        tally.misnamed +
        Seat.unaccounted(yield* stage.emulator.journal, [...dying, ...living, ...born.map(({ seat }) => seat)])

      // All callers try again.
      yield* stage.clear
      const lost = [...dying, ...born.map(({ seat }) => seat)]
      const before = lost.reduce((sum, { sent }) => sum + sent, 0)
      yield* together(lost, ({ ask }) => Effect.exit(ask))
      yield* together(lost, ({ call }) => call)
      const callsAfter = lost.reduce((sum, { sent }) => sum + sent, 0) - before
      const inJournal = (yield* stage.emulator.journal).length
      const alive = yield* Effect.forEach([...children, ...born], ({ child }) =>
        Effect.map(child.view, ({ path }) => path !== idle),
      )
      const size = yield* sessions.size
      const isNeighbourServed = (yield* together(living, ({ call }) => call)).every(Boolean)

      const theirs = yield* Effect.forEach([neighbour.session, ...others.map(({ child }) => child)], (one) =>
        Effect.map(one.accessToken, Redacted.value),
      )
      const abandoned = [...given].filter((text) => !theirs.includes(text))
      const good = yield* Effect.forEach(abandoned, (text) => stage.isGood(vendor, Redacted.make(text)))

      // Without the other session nothing is left that runs, or that time could wake, though callers still hold their children.
      yield* neighbour.close
      yield* stage.time.settle
      const { children: kept } = yield* sessions.size
      const fibers = stage.fibers()
      const sleepers = stage.time.sleepers()
      yield* stage.clear
      yield* stage.time.advance(2 * vendor.life)
      const wokenUp = (yield* stage.emulator.journal).length

      return {
        calls: tally.calls,
        isOver: wasOver,
        orphans: alive.filter(Boolean).length + (home.isPooled ? size.children - living.length + kept : 0),
        handedOut: tally.handedOut,
        callsAfter: Math.max(callsAfter, inJournal),
        wrong,
        isNeighbourServed,
        wokenUp,
        fibers,
        sleepers,
        leftAtVendor: good.filter(Boolean).length,
      } satisfies Seen
    }),
  )
}

export const parentDies: Row = {
  id: "R17",
  fault: "a parent that dies with 500 acting children",
  bar: "0 orphans, 0 calls with the wrong identity",
  others: "no pools",
  means:
    "Masquerading and impersonating children call as their subjects over a socket. Some belong to a registry's pool, some to a single session, and some are still being made. Meanwhile their parent signs out, closes, loses its account, or has its sign-in revoked. The vendor's journal says who called as whom. Another parent's children act for the same subjects all the time. Then the vendor answers a request to act with the account's own token, and with tokens that name the account or another user.",
  run: (lab) =>
    Effect.gen(function* () {
      const notes = new Notes(lab)
      const many = scaled(lab, { smoke: 2, short: 12, full: 500 })
      let children = 0
      let calls = 0
      let orphans = 0
      let handedOut = 0
      let callsAfter = 0
      let wrong = 0
      for (const { acting, children: pooled } of [
        { acting: masquerading, children: many },
        { acting: impersonating, children: scaled(lab, { smoke: 2, short: 6, full: 200 }) },
      ]) {
        const homes: ReadonlyArray<Home> = [
          { name: "pooled", isPooled: true, children: pooled },
          { name: "of a bare session", isPooled: false, children: scaled(lab, { smoke: 2, short: 4, full: 50 }) },
        ]
        for (const home of homes) {
          for (const end of home.isPooled && acting === masquerading ? ends : sampled(lab, ends, 2)) {
            const seen = yield* die(lab, acting, home, end)
            const who = `${acting.vendor.name}, ${home.name}, ${end.name}`
            children += home.children
            calls += seen.calls
            orphans += seen.orphans
            handedOut += seen.handedOut
            callsAfter += seen.callsAfter
            wrong += seen.wrong
            notes.must(`${who}: the parent is at its end`, seen.isOver)
            notes.must(`${who}: 0 orphans`, seen.orphans === 0)
            notes.must(`${who}: 0 tokens handed out afterwards`, seen.handedOut === 0)
            notes.must(`${who}: 0 calls afterwards`, seen.callsAfter === 0)
            notes.must(`${who}: 0 calls with the wrong identity`, seen.wrong === 0)
            notes.must(`${who}: another parent's children are served as before`, seen.isNeighbourServed)
            notes.must(`${who}: nothing wakes up later`, seen.wokenUp === 0)
            notes.must(`${who}: no fiber is left behind, not ${seen.fibers}`, seen.fibers === 0)
            notes.must(`${who}: nobody sleeps on, not ${seen.sleepers}`, seen.sleepers === 0)
            notes.must(`${who}: no token is left behind at the vendor`, seen.leftAtVendor === 0)
          }
        }
      }
      const impostors = yield* Impostor.handedOut(lab, notes)
      return notes
        .count("ways to its end", ends.length)
        .count("orphans", orphans)
        .count("tokens handed out afterwards", handedOut)
        .count("calls afterwards", callsAfter)
        .count("calls with the wrong identity", wrong)
        .count("answers with another one's token", impostors.replies)
        .count("of them handed out", impostors.taken)
        .measure("most children of one parent", many)
        .measure("children", children)
        .measure("calls", calls).finding
    }),
}
