/**
 * The emulator's own endpoints, beside those of the vendors: they show the journal, and change the world, the clock and the faults.
 *
 * They are for the user who started the emulator: a request that does not name the loopback host, or that a foreign web page sends,
 * is refused.
 */
import type * as Clock from "effect/Clock"
import * as Effect from "effect/Effect"
import * as Schema from "effect/Schema"
import { json, type Reply } from "../exchange/Exchange.ts"
import type { Journal } from "../exchange/Journal.ts"
import type { AnyWitness } from "../exchange/Witness.ts"
import { rulesReader } from "../fault/Fault.ts"
import type { Faults } from "../fault/FaultTable.ts"
import { isSteerableClock, maxEpochMs } from "../time/SteerableClock.ts"
import { type Mounted, prefixAt } from "../world/Witnesses.ts"
import { decodeWorld, type World, withoutSecrets } from "../world/World.ts"

const loopback = new Set(["127.0.0.1", "localhost", "[::1]"])

// A page of another origin can make a browser post to 127.0.0.1; its `Origin` reveals it (RFC 6454 section 7).
const isLocal = (request: Request): boolean => {
  const origin = request.headers.get("origin")
  return [request.url, ...(origin === null ? [] : [origin])].every((url) => {
    return URL.canParse(url) && loopback.has(new URL(url).hostname)
  })
}

const Move = Schema.Union([
  Schema.Struct({ advance: Schema.Finite.check(Schema.isGreaterThanOrEqualTo(0)) }),
  Schema.Struct({ setWall: Schema.Int.check(Schema.isBetween({ minimum: 0, maximum: maxEpochMs })) }),
])

const badMove = json(400, {
  error: 'Expected {"advance": seconds} (0 or more) or {"setWall": epoch ms}, within the times that a date can show',
})

const jsonOf = (request: Request) =>
  Effect.tryPromise({ try: (): Promise<unknown> => request.json(), catch: () => ({ message: "Expected JSON" }) })

/**
 * Makes the endpoints. The answer is undefined for a request that is none of theirs. `GET /` says what is served,
 * `GET /__emulator/journal` and `GET /__emulator/world` (without secrets) give JSON, `POST /__emulator/world` takes the
 * parts of a world that change, `DELETE /__emulator/world` brings back the one that the emulator was made with,
 * `POST /__emulator/clock` takes `{"advance": s}` or `{"setWall": epoch ms}` and gives
 * `{"now": epoch ms}`: 409 when the clock cannot be moved. `/__emulator/faults` takes a rule or a list of rules by POST,
 * gives the armed ones with their hits by GET, and disarms all by DELETE.
 */
export const make = (emulator: {
  readonly clock: Clock.Clock
  readonly mounted: ReadonlyArray<Mounted>
  /** The witnesses that it was given. */
  readonly witnesses: ReadonlyArray<AnyWitness>
  readonly journal: Journal
  readonly faults: Faults
  /** The world that it was made with. */
  readonly firstWorld: World
  readonly world: () => World
  readonly updateWorld: (f: (world: World) => World) => Effect.Effect<void>
}): ((request: Request) => Effect.Effect<Reply> | undefined) => {
  const { clock, witnesses } = emulator
  const show = (world: World) => json(200, withoutSecrets(world, witnesses))
  const decodeRules = rulesReader(witnesses)

  const index = ({ hostname }: URL) =>
    json(200, {
      emulator: "pbx-auth",
      providers: Object.fromEntries(
        emulator.mounted.map((mounted) => {
          const prefix = prefixAt(emulator.mounted, mounted, hostname)
          const routes = mounted.routes.filter(({ isThere }) => isThere?.() !== false)
          return [
            mounted.witness.id,
            routes.flatMap(({ methods, paths }) => paths.map((path) => `${methods.join("|")} ${prefix}${path}`)),
          ]
        }),
      ),
      control: [
        "GET /__emulator/journal",
        "GET|POST|DELETE /__emulator/world",
        "POST /__emulator/clock",
        "GET|POST|DELETE /__emulator/faults",
      ],
    })

  const moveClock = Effect.fnUntraced(function* (request: Request) {
    if (!isSteerableClock(clock)) return json(409, { error: "This emulator's clock cannot be moved" })
    const move = yield* Effect.tryPromise(() => request.json()).pipe(
      Effect.flatMap(Schema.decodeUnknownEffect(Move, { onExcessProperty: "error" })),
      Effect.orElseSucceed(() => undefined),
    )
    if (!move) return badMove
    if ("setWall" in move) {
      yield* clock.setWall(move.setWall)
    } else {
      if (clock.currentTimeMillisUnsafe() + move.advance * 1000 > maxEpochMs) return badMove
      yield* clock.adjust(move.advance * 1000)
    }
    return json(200, { now: clock.currentTimeMillisUnsafe() })
  })

  const refused = ({ message }: { readonly message: string }) => Effect.succeed(json(400, { error: message }))

  const changeWorld = (request: Request) =>
    jsonOf(request).pipe(
      Effect.flatMap((part) => decodeWorld(part, emulator.world(), witnesses)),
      Effect.tap((world) => emulator.updateWorld(() => world)),
      Effect.map(show),
      Effect.catch(refused),
    )

  const { firstWorld } = emulator
  const restoreWorld = Effect.as(
    emulator.updateWorld(() => firstWorld),
    show(firstWorld),
  )

  const armFaults = (request: Request) =>
    jsonOf(request).pipe(
      Effect.flatMap(decodeRules),
      Effect.tap((rules) => emulator.faults.arm(rules)),
      Effect.map((rules) => json(200, { armed: rules.length })),
      Effect.catch(refused),
    )

  const endpoints: Readonly<Record<string, (request: Request) => Effect.Effect<Reply>>> = {
    "GET /": ({ url }) => Effect.sync(() => index(new URL(url))),
    "GET /__emulator/journal": () => Effect.sync(() => json(200, emulator.journal.entries())),
    "GET /__emulator/world": () => Effect.sync(() => show(emulator.world())),
    "POST /__emulator/world": changeWorld,
    "DELETE /__emulator/world": () => restoreWorld,
    "POST /__emulator/clock": moveClock,
    "GET /__emulator/faults": () => Effect.map(emulator.faults.armed, (armed) => json(200, armed)),
    "POST /__emulator/faults": armFaults,
    "DELETE /__emulator/faults": () => Effect.as(emulator.faults.clear, json(200, { armed: 0 })),
  }

  return (request) => {
    const { pathname } = new URL(request.url)
    if (pathname !== "/" && !pathname.startsWith("/__emulator/")) return undefined
    if (!isLocal(request)) return Effect.succeed(json(403, { error: "Only for requests to the loopback host" }))
    const endpoint = endpoints[`${request.method} ${pathname}`]
    return endpoint?.(request) ?? Effect.succeed(json(404, { error: "No such endpoint of the emulator" }))
  }
}
