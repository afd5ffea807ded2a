/** Many real processes over one store, which all need the next token at the same moment. */
import { setTimeout } from "node:timers/promises"
import * as Emulator from "@pbx-auth/emulator/Emulator"
import * as Server from "@pbx-auth/emulator/Server"
import { decodeWorld } from "@pbx-auth/emulator/World"
import * as Effect from "effect/Effect"
import type * as Scope from "effect/Scope"
import { Notes } from "../Finding.ts"
import { type Lab, scaled } from "../Lab.ts"
import type { Row } from "../Row.ts"
import * as Ground from "../shared/Ground.ts"
import type { Round } from "../shared/Job.ts"
import * as Member from "../shared/Member.ts"
import { titles } from "../shared/Place.ts"

const SECOND = 1_000

/** How long the vendor takes to answer, in ms: all others wait for the holder meanwhile. */
const REPLY = 150

/** Of a request, in ms, where a holder dies or stops in the middle. Its intent ends five seconds later. */
const DEADLINE = 4_000

/** How long the hand-over may take at the most processes for which it is promised, in ms. */
const HANDED = 10

interface Stage {
  readonly emulator: Emulator.Emulator
  readonly members: ReadonlyArray<Member.Member>
}

/** So many processes, which are signed in. */
const stage = (
  lab: Lab,
  ground: Ground.Ground,
  processes: number,
  rotation: "none" | "strict",
  deadline?: number,
): Effect.Effect<Stage, never, Scope.Scope> =>
  Effect.gen(function* () {
    const world = yield* Effect.orDie(decodeWorld({ netsapiens: { rotation } }))
    const emulator = yield* Emulator.make({ world })
    const { origin } = yield* Effect.orDie(Server.serve({ port: 0, emulator }))
    const job = {
      ...{ place: ground.place(), origin, rotation, ahead: 0, does: "rounds" as const },
      ...(deadline !== undefined && { deadline }),
    }
    const members = yield* Effect.forEach(Array.from({ length: processes }), () => Member.start(lab, job))
    yield* Effect.promise(() => Promise.all(members.map(({ next }) => next("Ready"))))
    return { emulator, members }
  })

const requests = ({ emulator }: Stage) =>
  Effect.map(emulator.journal, (entries) => entries.flatMap(({ grant }) => (grant === undefined ? [] : [grant])))

/** From the moment at which the token was stored until each process that waited had it, in ms. */
const handOvers = (round: ReadonlyArray<Round>): ReadonlyArray<number> => {
  const stored = round.find(({ storedAt }) => storedAt !== undefined)?.storedAt
  if (stored === undefined) return []
  return round.flatMap(({ askedAt, hadAt, storedAt }) =>
    storedAt === undefined && askedAt < stored ? [Math.max(0, hadAt - stored)] : [],
  )
}

const part = (sorted: ReadonlyArray<number>, of: number) =>
  sorted[Math.min(sorted.length - 1, Math.floor(sorted.length * of))] ?? Number.NaN

const agree = (round: ReadonlyArray<Round>) => new Set(round.map(({ token }) => token)).size === 1

/** Rounds in which nobody comes to harm. */
const together = (lab: Lab, ground: Ground.Ground, processes: number, rounds: number, notes: Notes) =>
  Effect.gen(function* () {
    const on = titles[ground.kind]
    const here = yield* stage(lab, ground, processes, "strict")
    notes.must(`1 sign-in (${on})`, (yield* requests(here)).join() === "password")
    yield* here.emulator.faults.arm({ fault: { _tag: "delay", millis: REPLY }, times: "always" })
    const times: Array<number> = []
    let most = 0
    for (let turn = 0; turn < rounds; turn++) {
      yield* here.emulator.clearJournal
      const round = yield* Effect.promise(() => Member.round(here.members))
      const asked = (yield* requests(here)).length
      most = Math.max(most, asked)
      notes
        .must(`1 request a round (${on})`, asked === 1)
        .must(`all processes have the same token (${on})`, round.length === processes && agree(round))
        .must(
          `nobody is told an error (${on})`,
          round.every(({ told }) => told.length === 0),
        )
      times.push(...handOvers(round))
    }
    times.sort((a, b) => a - b)
    const p50 = part(times, 0.5)
    const verdict = processes > 8 ? "" : p50 <= HANDED ? ", holds" : ", missed"
    notes.measure(
      `${on}, ${processes} processes, hand-over`,
      `p50 ${p50.toFixed(1)} ms${verdict}, p99 ${part(times, 0.99).toFixed(1)} ms`,
    )
    return most
  }).pipe(Effect.scoped)

/** A holder that is killed, or that stops and wakes up when another one has taken over. */
const holder = (lab: Lab, ground: Ground.Ground, processes: number, how: "SIGKILL" | "SIGSTOP", notes: Notes) =>
  Effect.gen(function* () {
    const on = `${titles[ground.kind]}, ${how === "SIGKILL" ? "killed" : "stopped"} holder`
    const here = yield* stage(lab, ground, processes, "strict", DEADLINE)
    yield* here.emulator.clearJournal
    yield* here.emulator.faults.arm({ fault: { _tag: "hang" }, match: { grant: "refresh_token" } })
    const seen = yield* Effect.promise(async () => {
      const presenting = here.members.map(async (member) => {
        await member.next("Presenting")
        return member
      })
      for (const { go } of here.members) go()
      const holding = await Promise.race(presenting)
      // The request is with the vendor.
      while (!(await Effect.runPromise(here.emulator.faults.armed)).some(({ hits }) => hits > 0)) await setTimeout(5)
      holding.signal(how)
      const lostAt = performance.timeOrigin + performance.now()
      const others = here.members.filter((one) => one !== holding)
      const all = (await Promise.all(others.map(({ next }) => next("Round")))).flatMap((said) => said?.round ?? [])
      const tookOver = Math.min(...all.map(({ hadAt }) => hadAt)) - lostAt
      if (how === "SIGKILL") return { all, tookOver, others: others.length }
      holding.signal("SIGCONT")
      const late = await holding.next("Round")
      return { all: late === undefined ? all : [...all, late.round], tookOver, others: processes }
    })
    const asked = yield* requests(here)
    notes
      .must(`every other process goes on (${on})`, seen.all.length === seen.others && agree(seen.all))
      .must(`one takes over (${on})`, asked.filter((grant) => grant === "refresh_token").length === 2)
      .must(`nobody signs in again (${on})`, !asked.includes("password"))
      .measure(`${on}, taken over after`, `${(seen.tookOver / SECOND).toFixed(2)} s`)
  }).pipe(Effect.scoped)

const sizes = (lab: Lab): ReadonlyArray<number> => ({ smoke: [2], short: [4], full: [2, 8, 32] })[lab.scale]

export const processesTogether: Row = {
  id: "R14",
  fault:
    "2, 8 and 32 processes that share a store need the next token at once; the one that gets it is killed or stopped",
  bar: "1 request a round; handed over in 10 ms (p50) at 2 and 8 processes; another one takes over from a killed holder at once, and from a stopped one when its intent ends",
  others: "2 and revoked",
  means:
    "Real processes share files, SQLite, PostgreSQL and Redis. In each round all of them need another token, and the emulator counts their requests, which it rotates strictly. Then the vendor does not answer, and the process that asked it is killed with SIGKILL, or stopped with SIGSTOP until another one has the token.",
  run: (lab) =>
    Effect.gen(function* () {
      const notes = new Notes(lab)
      let most = 0
      yield* Ground.each(lab, notes, (ground) =>
        Effect.gen(function* () {
          const rounds = scaled(lab, { smoke: 1, short: 3, full: 20 })
          for (const size of sizes(lab)) most = Math.max(most, yield* together(lab, ground, size, rounds, notes))
          yield* holder(lab, ground, scaled(lab, { smoke: 2, short: 2, full: 8 }), "SIGKILL", notes)
          if (lab.scale !== "smoke") yield* holder(lab, ground, 2, "SIGSTOP", notes)
        }),
      )
      return notes.count("most requests in a round", most).finding
    }),
}
