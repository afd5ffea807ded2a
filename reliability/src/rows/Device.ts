/** A person signs in at a browser, and the program polls (RFC 8628). */
import * as Emulator from "@pbx-auth/emulator/Emulator"
import type { Fault } from "@pbx-auth/emulator/Fault"
import * as SteerableClock from "@pbx-auth/emulator/SteerableClock"
import { decodeWorld } from "@pbx-auth/emulator/World"
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
  addresses: { standard: "https://vendor.example", prefix: "", prefixOption: false },
  clientId: witness.defaults.clients[0]?.id,
  signsInWith: "browser",
  capabilities: new Set(["browser"] as const),
  dialect: {
    ...plain.dialect,
    grants: { ...deviceGrants({ authorization: "/device_authorization", token: "/token" }) },
  },
} as unknown as Provider<"browser">

const deviceCode = "urn:ietf:params:oauth:grant-type:device_code"

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
      const emulator = yield* Emulator.make({ world: yield* decodeWorld({}), witnesses: [witness] }).pipe(
        Effect.provideService(Clock.Clock, clock),
      )
      const polls: Array<{ readonly at: number; isIssued: boolean }> = []
      let begunAt = 0
      const fetch: typeof globalThis.fetch = async (input, init) => {
        const request = new Request(input, init)
        const isPoll = new URLSearchParams(await request.clone().text()).get("grant_type") === deviceCode
        const poll = { at: clock.currentTimeMillisUnsafe(), isIssued: false }
        if (isPoll) polls.push(poll)
        else begunAt = poll.at
        const reply = await emulator.fetch(request)
        poll.isIssued = reply.ok
        return reply
      }
      const arm = (fault: Fault) => emulator.faults.arm({ fault, match: { grant: deviceCode } })
      const { open } = yield* Elsewhere.process(lab, fetch, { clock })
      const session = (yield* open(Result.getOrThrow(configure(vendor, { user: "maria" })))) as Session.Of<"browser">
      const signingIn = yield* Effect.forkChild(session.signIn(deviceSignIn()))
      const { userCode } = yield* session.prompt
      /** Second by second, until the next poll. */
      const next = Effect.gen(function* () {
        const before = polls.length
        for (let second = 0; second < 120 && polls.length === before; second++) {
          yield* clock.adjust("1 second")
          for (let turns = 0; turns < 10; turns++) yield* turn
        }
      })
      let told = 5
      let sooner = 0
      let last = begunAt
      const polled = Effect.gen(function* () {
        yield* next
        const at = polls.at(-1)?.at ?? last
        // The clock moves by whole seconds, and ticks a little by itself.
        if (at - last < told * 1_000 - 50) sooner++
        last = at
      })
      yield* polled
      for (let times = 0; times < scaled(lab, { short: 3, full: 8 }); times++) {
        yield* arm({ _tag: "reply", status: 400, body: '{"error":"slow_down"}' })
        yield* polled
        told += 5
        yield* polled
      }
      yield* arm({ _tag: "drop_reply" })
      yield* polled
      told = Math.max(told, Math.min(2 * told, 60))
      yield* polled
      notes.must("never polled sooner than told", sooner === 0)
      const body = new URLSearchParams({
        user_code: userCode === undefined ? "" : Redacted.value(userCode),
        decision: "allow",
      })
      yield* Effect.promise(() => emulator.fetch("https://vendor.example/device", { method: "POST", body }))
      yield* next
      const { state } = yield* Fiber.join(signingIn)
      notes.must("one token", state === "authenticated" && polls.filter(({ isIssued }) => isIssued).length === 1)
      return notes.count("polls sooner than told", sooner).measure("polls", polls.length).finding
    }).pipe(Effect.scoped, Effect.orDie),
}
