/** A renewal that never left the machine, as each runtime reports it. */
import * as Effect from "effect/Effect"
import * as Redacted from "effect/Redacted"
import { Notes } from "../Finding.ts"
import { sampled } from "../Lab.ts"
import type { Row } from "../Row.ts"
import * as Stage from "../Stage.ts"
import { skyswitch } from "../Vendor.ts"

const SECOND = 1_000
const MINUTE = 60 * SECOND

interface Way {
  readonly name: string
  /** What `fetch` rejects with. */
  readonly error: () => unknown
  /** What the session must make of it. */
  readonly code: "Unavailable" | "OutcomeUnknown"
  /** A tab that knows that it is offline. */
  readonly isOffline?: true
}

const node = (cause: unknown) => new TypeError("fetch failed", { cause })
const system = (syscall: string, code: string) => Object.assign(new Error(`${syscall} ${code}`), { syscall, code })
const deno = (words: string) => node(new Error(`error sending request for url (https://x/): client error ${words}`))
const bun = (code: string, words: string) => Object.assign(new TypeError(`${code}: ${words}`), { code })
const chromium = () => new TypeError("Failed to fetch")

const addresses = (...errors: ReadonlyArray<Error>) =>
  node(Object.assign(new AggregateError(errors), { code: "ETIMEDOUT" }))

/** As they were measured: see the table of runtimes. */
const ways: ReadonlyArray<Way> = [
  {
    name: "Node, two addresses that time out",
    code: "Unavailable",
    error: () => addresses(system("connect", "ETIMEDOUT"), system("connect", "ETIMEDOUT")),
  },
  { name: "Node, a connect with any code", code: "Unavailable", error: () => node(system("connect", "ESOMETHING")) },
  { name: "Deno, refused", code: "Unavailable", error: () => deno("(Connect): tcp connect error: Connection refused") },
  {
    name: "Deno, a certificate",
    code: "Unavailable",
    error: () => deno("(Connect): invalid peer certificate: UnknownIssuer"),
  },
  { name: "Bun, a handshake", code: "Unavailable", error: () => bun("EPROTO", "The TLS handshake failed.") },
  { name: "a tab that is offline", code: "Unavailable", error: chromium, isOffline: true },
  // What may have been sent must not be taken for it.
  { name: "a tab that is online", code: "OutcomeUnknown", error: chromium },
  {
    name: "Node, one address of two in the middle",
    code: "OutcomeUnknown",
    error: () => addresses(system("connect", "ETIMEDOUT"), system("read", "ECONNRESET")),
  },
  {
    name: "Deno, in the middle",
    code: "OutcomeUnknown",
    error: () => deno("(SendRequest): connection closed before message completed"),
  },
  {
    name: "Bun, in the middle",
    code: "OutcomeUnknown",
    error: () => bun("ECONNRESET", "The socket connection was closed unexpectedly."),
  },
]

/** While an effect runs, the machine is a tab without a network. */
const offline = <A, E, R>(effect: Effect.Effect<A, E, R>): Effect.Effect<A, E, R> =>
  Effect.acquireUseRelease(
    Effect.sync(() => Object.defineProperty(globalThis.navigator, "onLine", { value: false, configurable: true })),
    () => effect,
    (navigator) => Effect.sync(() => void Reflect.deleteProperty(navigator, "onLine")),
  )

export const neverSent: Row = {
  id: "R22",
  fault: "a renewal of which the runtime says that it was not sent, strict server",
  bar: "Unavailable, and tried again: 0 sessions lost; a request that may have been sent is OutcomeUnknown",
  means:
    "When a person's session is due, no connection succeeds for two minutes. The failures are those of Node, Deno, Bun and a tab. Similar failures in the middle of a request come beside them. Then the network is well.",
  run: (lab) =>
    Effect.gen(function* () {
      const notes = new Notes(lab)
      let lost = 0
      const tried = sampled(lab, ways, 5)
      for (const { code, error, isOffline, name } of tried) {
        const part = Stage.timed(lab, { wire: "process", world: { netsapiens: { rotation: "strict" } } }, (stage) =>
          Effect.gen(function* () {
            const session = yield* stage.signedInBy(skyswitch)
            const first = yield* session.bearer
            yield* stage.clear
            stage.cut(error)
            const codes = new Set<string>()
            const end = (first.expiresAt ?? 0) - 3 * MINUTE
            while (stage.time.now() < end && !codes.has("OutcomeUnknown")) {
              yield* stage.time.advance(5 * SECOND)
              const { refusal } = yield* session.view
              if (refusal !== null && refusal !== undefined) codes.add(refusal.code)
            }
            notes.must(`${name}: ${code}, and nothing else (${[...codes].join()})`, [...codes].join() === code)
            const kept = yield* stage.time.through(session.accessToken)
            notes.must(`${name}: the token is kept`, Redacted.value(kept) === Redacted.value(first.token))
            if (code === "OutcomeUnknown") return true
            stage.mend()
            // If a server was involved, the pause before the next try is up to a minute.
            yield* stage.time.advance(75 * SECOND)
            const next = yield* Effect.result(stage.time.through(session.bearer))
            const isNew = next._tag === "Success" && next.success.generation > first.generation
            notes.must(`${name}: a new token once the network is well`, isNew)
            notes.must(`${name}: presented once`, (yield* stage.asked()).length === 1)
            return isNew
          }),
        )
        if (!(yield* isOffline === true ? offline(part) : part)) lost++
      }
      notes.must("0 sessions lost", lost === 0)
      const unsent = tried.filter(({ code }) => code === "Unavailable")
      return notes
        .count("ways not to be sent", unsent.length)
        .count("ways that may have been", tried.length - unsent.length)
        .count("sessions lost", lost).finding
    }),
}
