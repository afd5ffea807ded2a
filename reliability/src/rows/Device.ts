/** A person signs in at a browser, and the program polls (RFC 8628). */
import * as Emulator from "@pbx-auth/emulator/Emulator"
import * as SteerableClock from "@pbx-auth/emulator/SteerableClock"
import { witness } from "@pbx-auth/emulator/witnesses/BrowserVendor"
import { configure } from "@pbx-auth/providers/Configuration"
import { deviceGrants } from "@pbx-auth/providers/DeviceAuthorization"
import type { Provider } from "@pbx-auth/providers/Provider"
import { deviceSignIn } from "@pbx-auth/session/DeviceSignIn"
import type * as Session from "@pbx-auth/session/Session"
import * as Clock from "effect/Clock"
import * as Effect from "effect/Effect"
import * as Fiber from "effect/Fiber"
import * as Redacted from "effect/Redacted"
import * as Result from "effect/Result"
import { Notes } from "../Finding.ts"
import { scaled } from "../Lab.ts"
import type { Row } from "../Row.ts"
import * as Elsewhere from "./Elsewhere.ts"

const { formerAccounts: _, options: __, ...plain } = Elsewhere.acme

const vendor = {
  ...plain,
  clientId: "made-up-app",
  signsInWith: "browser",
  capabilities: new Set(["browser"] as const),
  dialect: {
    ...plain.dialect,
    grants: { ...deviceGrants({ authorization: "/device_authorization", token: "/token" }) },
  },
} as unknown as Provider<"browser">

const deviceCode = "urn:ietf:params:oauth:grant-type:device_code"

/** The vendor under this clock, with its person and what goes wrong. It notes each poll. */
const playedUnder = Effect.fnUntraced(function* (clock: Clock.Clock) {
  const emulator = yield* Effect.provideService(
    Emulator.make({ witnesses: [{ ...witness, hosts: ["*.example"] }] }),
    Clock.Clock,
    clock,
  )
  const seen: Array<{ readonly at: number; readonly isPoll: boolean; error?: string }> = []
  const fetch: typeof globalThis.fetch = async (input, init) => {
    const request = new Request(input, init)
    const form = new URLSearchParams(await request.clone().text())
    const one: (typeof seen)[number] = {
      at: clock.currentTimeMillisUnsafe(),
      isPoll: form.get("grant_type") === deviceCode,
      error: "lost",
    }
    seen.push(one)
    const reply = await emulator.fetch(request)
    const { error } = await reply.clone().json()
    if (error === undefined) delete one.error
    else one.error = error
    return reply
  }
  const arm = (fault: { readonly _tag: "drop_reply" } | { readonly _tag: "reply"; status: number; body: string }) =>
    emulator.faults.arm({ fault, match: { grant: deviceCode } })
  return {
    fetch,
    seen,
    polls: () => seen.filter(({ isPoll }) => isPoll),
    losesNext: arm({ _tag: "drop_reply" }),
    slowsNext: arm({ _tag: "reply", status: 400, body: '{"error":"slow_down"}' }),
    allows: (user_code: string) =>
      Effect.promise(() => {
        const body = new URLSearchParams({ user_code, decision: "allow" })
        return emulator.fetch("https://vendor.example/device", { method: "POST", body })
      }),
  }
})

const turn = Effect.promise(() => new Promise<void>((resolve) => setImmediate(resolve)))

export const slowed: Row = {
  id: "R30",
  fault: "a device grant whose vendor says authorization_pending and slow_down, and loses a reply",
  bar: "never polled sooner than told: 5 s more after each slow_down, twice as long, up to 60 s, after a lost reply; one token",
  means:
    "The made-up vendor of browsers counts, under a clock that the row moves second by second. It asks for a slower pace again and again. Then the person allows.",
  run: (lab) =>
    Effect.gen(function* () {
      const notes = new Notes(lab)
      const clock = yield* SteerableClock.make()
      const { allows, fetch, losesNext, polls, seen, slowsNext } = yield* playedUnder(clock)
      const { open } = yield* Elsewhere.process(lab, fetch, { clock })
      const session = (yield* open(Result.getOrThrow(configure(vendor, { user: "maria" })))) as Session.Of<"browser">
      const signingIn = yield* Effect.forkChild(session.signIn(deviceSignIn()))
      const { userCode } = yield* session.prompt
      /** Second by second, until the next poll. */
      const next = Effect.gen(function* () {
        const before = polls().length
        for (let second = 0; second < 120 && polls().length === before; second++) {
          yield* clock.adjust("1 second")
          for (let turns = 0; turns < 10; turns++) yield* turn
        }
      })
      let told = 5
      let sooner = 0
      let last = seen[0]?.at ?? 0
      const polled = Effect.gen(function* () {
        yield* next
        const at = polls().at(-1)?.at ?? last
        // The clock moves by whole seconds, and ticks a little by itself.
        if (at - last < told * 1_000 - 50) sooner++
        last = at
      })
      yield* polled
      for (let times = 0; times < scaled(lab, { short: 3, full: 8 }); times++) {
        yield* slowsNext
        yield* polled
        told += 5
        yield* polled
      }
      yield* losesNext
      yield* polled
      told = Math.max(told, Math.min(2 * told, 60))
      yield* polled
      notes.must("never polled sooner than told", sooner === 0)
      yield* allows(userCode === undefined ? "" : Redacted.value(userCode))
      yield* next
      const { state } = yield* Fiber.join(signingIn)
      notes.must(
        "one token",
        state === "authenticated" && polls().filter(({ error }) => error === undefined).length === 1,
      )
      return notes.count("polls sooner than told", sooner).measure("polls", polls().length).finding
    }).pipe(Effect.scoped, Effect.orDie),
}
