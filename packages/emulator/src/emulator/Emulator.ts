/**
 * The vendors, played by one web handler: a `Request` goes in, a `Response` comes out.
 *
 * An independent witness for clients of the vendors' token endpoints. It shares no code with the client that it tests, so a
 * misreading of a page cannot hide in both. It needs no socket and nothing of Node: pass `fetch` to an HTTP client in the same
 * process, or in a browser's tab. `Server.ts` puts it on a port.
 */
import * as Clock from "effect/Clock"
import * as Effect from "effect/Effect"
import * as Exit from "effect/Exit"
import * as FiberSet from "effect/FiberSet"
import * as Latch from "effect/Latch"
import type * as Scope from "effect/Scope"
import { type Answer, type Call, html, json, type Route, read } from "../exchange/Exchange.ts"
import type { GrantName, JournalEntry, Wire as JournalWire } from "../exchange/Journal.ts"
import * as Journal from "../exchange/Journal.ts"
import type { AnyWitness } from "../exchange/Witness.ts"
import { damage, type Outgoing, type Pieces, type Silence, tokenFieldsOf } from "../fault/Damage.ts"
import { doesAct, type FaultName, rulesReader } from "../fault/Fault.ts"
import * as FaultTable from "../fault/FaultTable.ts"
import { type Line, LineLost } from "../fault/Line.ts"
import { imfFixdate } from "../time/HttpDate.ts"
import { type Found, find, type Mounted, mount, wordsOf } from "../world/Witnesses.ts"
import { defaultWorld, type World, withSections } from "../world/World.ts"
import * as Control from "./Control.ts"
import * as Shown from "./Shown.ts"
import * as Wire from "./Wire.ts"

/** All vendors over one world, one journal and one clock. */
export interface Emulator {
  /**
   * Answers one request. Rejects when the request's signal aborts (with its reason), when the emulator's scope closes, and
   * with a `LineLost` when a fault ends the connection. `line` is that connection; a request without one counts as one.
   */
  readonly handle: (request: Request, line?: Line) => Promise<Response>
  /** For a server with connections: reports a new one before anything is read from it. A fault may end it there. */
  readonly accept: (line: Line) => void
  /** `handle` with the signature of `fetch`, for a client in this process. The host of the URL does not matter. */
  readonly fetch: typeof globalThis.fetch
  /** The requests to the providers so far, the oldest first (the last 100 000). It holds no secret. */
  readonly journal: Effect.Effect<ReadonlyArray<JournalEntry>>
  /** Forgets the journal's entries. The world stays as it is. */
  readonly clearJournal: Effect.Effect<void>
  /**
   * Calls a listener with each entry of the journal from now on, when its request was carried out. With `wire`, once more when it
   * has ended. The result ends it.
   */
  readonly subscribe: (listener: (entry: JournalEntry) => void) => () => void
  /** The world as it is now, secrets included. */
  readonly world: Effect.Effect<World>
  /** Changes the world from the next request on. Tokens of an account that is left out die. */
  readonly updateWorld: (f: (world: World) => World) => Effect.Effect<void>
  /** Kills every living access token early, as an operator may; returns how many. */
  readonly killAccessTokens: Effect.Effect<number>
  /** Kills every living refresh token early; returns how many. */
  readonly killRefreshTokens: Effect.Effect<number>
  /** How many requests to the providers are being answered right now, including held ones. */
  readonly inFlight: Effect.Effect<number>
  /** The faults that are armed on purpose. */
  readonly faults: FaultTable.Faults
  /**
   * Holds back every answer that is not yet on its way until it is released. A held request has been carried out and is in the
   * journal: only the answer waits. Several holds add up.
   */
  readonly hold: Effect.Effect<{
    /** Lets the answers go that this hold kept. */
    readonly release: Effect.Effect<void>
  }>
}

/**
 * Makes an emulator. `witnesses` are vendors beside those that are always there (`defineWitness`); each answers at `/@id`, and its world
 * is `world.witnesses[id]`. Two with one id are a defect. All its time is that of the `Clock` in the context. Its requests end with its scope. With `wire`, its journal
 * also has the lines of each request and reply, redacted.
 */
export const make: (options?: {
  readonly world?: World
  readonly witnesses?: ReadonlyArray<AnyWitness>
  readonly wire?: boolean
}) => Effect.Effect<Emulator, never, Scope.Scope> = Effect.fnUntraced(function* (options) {
  const clock = yield* Clock.Clock
  const journal = Journal.make()
  const holds = new Set<Latch.Latch>()
  const given = options?.witnesses ?? []
  const faults = FaultTable.make(rulesReader(given))
  /** The last access token of each holder, for the fault that issues it again. */
  const lastTokens = new Map<string, string>()
  const firstWorld = withSections(options?.world ?? defaultWorld, given)
  let world = firstWorld
  let inFlight = 0
  let exchanges = 0

  const mounted = mount(() => world, given)
  const { grants } = wordsOf(given)

  const updateWorld: Emulator["updateWorld"] = (f) =>
    Effect.sync(() => {
      const before = world
      world = withSections(f(before), given)
      for (const vendor of mounted) Shown.keepWords(before, world, vendor)
    })

  const control = Control.make({
    clock,
    mounted,
    witnesses: given,
    journal,
    faults,
    firstWorld,
    world: () => world,
    updateWorld,
  })

  /** Lets the provider answer, and records the token that its holder was given. */
  const carryOut = ({ mounted, prefix, route, rest }: Found, call: Call) => {
    const asked = { ...call, base: call.base + prefix, rest }
    const answer = route.methods.includes(call.method) ? route.answer(asked) : wrongMethod(route)
    const { client, account, subject } = answer.finding
    const fields = route.issues ? tokenFieldsOf(answer.reply) : undefined
    if (!fields || answer.finding.outcome === "challenged") return { answer, previousToken: undefined }
    const holder = JSON.stringify([mounted.witness.id, client, account, subject, fields.scope])
    const previousToken = lastTokens.get(holder)
    lastTokens.set(holder, fields.access_token)
    return { answer, previousToken }
  }

  const note = (at: number, seen: Seen, found: Found, { call, sent, ...rest }: NoteRest & Spoken) => {
    const { mounted, path } = found
    const words = Shown.publicWords(world, mounted)
    const method = methods.has(seen.request.method) ? seen.request.method : "OTHER"
    const entry: JournalEntry = {
      at,
      provider: mounted.witness.id,
      method,
      path,
      ...rest,
      ...Shown.findingOf(rest, words),
    }
    seen.entry = options?.wire === true ? { ...entry, ...written(entry, found, words, seen, call, sent) } : entry
    journal.add(seen.entry)
  }

  /** The lines of an exchange, and the one of the page that it follows. */
  const written = (
    entry: JournalEntry,
    { mounted, route }: Found,
    words: ReadonlySet<string>,
    { request, fault }: Seen,
    call: Call | undefined,
    sent: Outgoing | Silence,
  ) => {
    const { grant, outcome } = entry
    const line = grant === undefined ? outcome : `${grant} ${outcome}`
    const follows = entry.fault === undefined ? route.citations?.[line] : undefined
    const reply = Wire.replyOf(sent, fault, words, mounted.prefix !== "")
    const asked = Wire.requestOf(request, `${entry.method} ${entry.path}`, call, words)
    return { ...(follows && { follows }), wire: { id: ++exchanges, request: asked, ...(reply && { reply }) } }
  }

  const close = ({ entry }: Seen, end: NonNullable<JournalWire["end"]>) => {
    if (!entry?.wire) return
    const took = clock.currentTimeMillisUnsafe() - entry.at
    const { reply, ...others } = entry.wire
    const wire = { ...others, ...(reply && end === "answered" && { reply }), end, took }
    journal.replace(entry, { ...entry, wire })
  }

  /**
   * Answers a call as its provider does, or as a fault demands. It does so in one piece, so that the order of requests is the order
   * of their changes.
   */
  const answer = (found: Found, call: Call, seen: Seen): Delivery => {
    const { mounted, pathname, route } = found
    const grant = (typeof route.grant === "function" ? route.grant(call) : route.grant) ?? grantOf(call, grants)
    const struck = faults.onRequest({
      provider: mounted.witness.id,
      path: pathname,
      issues: route.issues === true,
      grant,
    })
    const now = call.now + struck.ahead
    const acted = struck.fault === undefined || doesAct(struck.fault)
    const { answer, previousToken } = acted
      ? carryOut(found, { ...call, now })
      : { answer: undefined, previousToken: undefined }
    const spoilt =
      struck.fault &&
      damage(struck.fault, answer?.reply, { now, previousToken, shorten: (token, at) => mounted.shorten(token, at) })
    const { name, delay, ahead } = struck.fault && spoilt === undefined ? struck.miss() : struck
    const outcome = spoilt ?? answer?.reply ?? "hang"
    seen.fault = spoilt === undefined ? undefined : struck.fault?._tag
    note(call.now, seen, found, {
      call,
      sent: outcome,
      ...(answer?.finding ?? { ...(grant && { grant }), outcome: "not carried out" }),
      status: typeof outcome === "string" ? 0 : outcome.status,
      ...(name !== undefined && { fault: name, acted }),
    })
    return { outcome, delay, ahead }
  }

  const ended = (line: Line | undefined, ending: LineLost["ending"]) =>
    Effect.suspend(() => {
      line?.end(ending)
      return Effect.fail(new LineLost(ending))
    })

  /**
   * Every exchange with a provider passes here, after it was carried out and before it is answered. Only here answers can be held
   * back, delayed or dropped.
   */
  const deliver = Effect.fnUntraced(function* ({ outcome, delay, ahead }: Delivery, line: Line | undefined) {
    for (const latch of holds) yield* latch.await
    if (delay > 0) yield* Effect.sleep(delay)
    if (outcome === "hang") return yield* Effect.never
    if (typeof outcome === "string") return yield* ended(line, outcome)
    return { outgoing: outcome, ahead }
  })

  const exchange = Effect.fnUntraced(function* (seen: Seen, line: Line | undefined) {
    const { request } = seen
    const found = find(mounted, new URL(request.url))
    if (!found) return { outgoing: html(404, "Not Found"), ahead: 0 }
    const {
      mounted: { witness },
      pathname,
      route,
    } = found
    // Without a socket each request is a connection of its own.
    if (!line && faults.onAccept()) return yield* ended(line, "reset")
    const now = clock.currentTimeMillisUnsafe()
    if (faults.onHead({ provider: witness.id, path: pathname, issues: route.issues === true })) {
      note(now, seen, found, {
        sent: "reset",
        outcome: "not carried out",
        status: 0,
        fault: "reset_before_read",
        acted: false,
      })
      return yield* ended(line, "reset")
    }
    return yield* deliver(answer(found, yield* read(request, now), seen), line)
  })

  /** An exchange, and in its entry how it ended. */
  const recorded = (request: Request, line: Line | undefined) => {
    const seen: Seen = { request }
    return Effect.onExit(exchange(seen, line), (exit) =>
      Effect.sync(() => close(seen, Exit.isSuccess(exit) ? "answered" : Exit.hasFails(exit) ? "lost" : "given up")),
    )
  }

  const counted = <A, E>(effect: Effect.Effect<A, E>) =>
    Effect.acquireUseRelease(
      Effect.sync(() => inFlight++),
      () => effect,
      () => Effect.sync(() => inFlight--),
    )

  const run = yield* FiberSet.makeRuntimePromise()

  /** A body that is made while it is read, and ends with the request or the emulator. */
  const streamOf = ({ pieces, pause, thenReset }: Pieces, { signal }: Request, line: Line | undefined) => {
    const iterator = pieces[Symbol.iterator]()
    let isFirst = true
    return new ReadableStream<Uint8Array<ArrayBuffer>>(
      {
        start: (controller) => signal.addEventListener("abort", () => controller.error(signal.reason), { once: true }),
        pull: async (controller) => {
          try {
            // Yields even without a pause, so that an endless body ends with its scope.
            await run(isFirst ? Effect.void : Effect.sleep(pause), { signal })
            isFirst = false
            const next = iterator.next()
            if (!next.done) return controller.enqueue(next.value)
            if (!thenReset) return controller.close()
            await line?.flushed()
            line?.end("reset")
            controller.error(new LineLost("reset", "terminated"))
          } catch (error) {
            controller.error(signal.aborted ? signal.reason : error)
          }
        },
      },
      { highWaterMark: 0 },
    )
  }

  const toResponse = (outgoing: Outgoing, ahead: number, request: Request, line: Line | undefined): Response => {
    const headers = new Headers(outgoing.headers)
    // The server's time, not this machine's: a client may set its own clock by it (RFC 9110 section 6.6.1).
    if (!headers.has("date")) headers.set("date", imfFixdate(clock.currentTimeMillisUnsafe() + ahead))
    const { status, body } = outgoing
    if (typeof body === "object" && "pieces" in body) {
      return new Response(streamOf(body, request, line), { status, headers })
    }
    return new Response(body.length === 0 ? null : body, { status, headers })
  }

  const handle: Emulator["handle"] = async (request, line) => {
    const controlled = control(request)
    const answering = controlled
      ? Effect.map(controlled, (outgoing) => ({ outgoing, ahead: 0 }))
      : counted(recorded(request, line))
    try {
      const { outgoing, ahead } = await run(answering, { signal: request.signal })
      return toResponse(outgoing, ahead, request, line)
    } catch (error) {
      throw request.signal.aborted ? request.signal.reason : error
    }
  }

  const kill = (of: (vendor: Mounted) => number) =>
    Effect.sync(() => mounted.reduce((killed, vendor) => killed + of(vendor), 0))

  return {
    handle,
    accept: (line) => {
      if (faults.onAccept()) line.end("reset")
    },
    faults: { arm: faults.arm, clear: faults.clear, armed: faults.armed },
    fetch: async (input, init) => handle(new Request(input, init)),
    journal: Effect.sync(journal.entries),
    clearJournal: Effect.sync(journal.clear),
    subscribe: journal.subscribe,
    world: Effect.sync(() => world),
    updateWorld,
    killAccessTokens: kill((vendor) => vendor.killAccess(clock.currentTimeMillisUnsafe())),
    killRefreshTokens: kill((vendor) => vendor.killRefresh(clock.currentTimeMillisUnsafe())),
    inFlight: Effect.sync(() => inFlight),
    hold: Effect.sync(() => {
      const latch = Latch.makeUnsafe()
      holds.add(latch)
      return {
        release: Effect.sync(() => {
          holds.delete(latch)
          latch.openUnsafe()
        }),
      }
    }),
  }
})

// A client may send any word as the method, so only these get into the journal.
const methods = new Set(["GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS"])

/** A request while it is answered. */
interface Seen {
  readonly request: Request
  fault?: FaultName | undefined
  entry?: JournalEntry
}

interface Spoken {
  /** Absent if the request was not read to its end. */
  readonly call?: Call
  readonly sent: Outgoing | Silence
}

type NoteRest = Omit<JournalEntry, "at" | "provider" | "method" | "path">

/** What goes out for an exchange, how much later (ms), and how far ahead the server's clock is then (ms). */
interface Delivery {
  readonly outcome: Outgoing | Silence
  readonly delay: number
  readonly ahead: number
}

const wrongMethod = (route: Route): Answer => ({
  reply: json(405, { error: "method_not_allowed" }, { allow: route.methods.join(", ") }),
  finding: { outcome: "refused: wrong method" },
})

/** The grant that a request names, if it is one of these. As in PHP, the body's field counts before the query's. */
const grantOf = ({ fields, query }: Call, grants: ReadonlyArray<string>): GrantName | undefined => {
  const named = fields.get("grant_type") ?? query.get("grant_type")
  return grants.find((name) => name === named)
}
