/** A reply that is complete, but hard to get: between a server's notices, or in the socket of a process that stood still. */
import { createServer } from "node:http"
import type { AddressInfo } from "node:net"
import { SessionRuntime } from "@pbx-auth/session/SessionRuntime"
import { TokenStore } from "@pbx-auth/session/TokenStore"
import * as Context from "effect/Context"
import * as Effect from "effect/Effect"
import * as Fiber from "effect/Fiber"
import * as Layer from "effect/Layer"
import * as Redacted from "effect/Redacted"
// The endpoint's own witness of a process that stands still.
import { frozenVendor } from "../../../packages/providers/test/FrozenVendor.ts"
import { Notes } from "../Finding.ts"
import { type Lab, sampled } from "../Lab.ts"
import type { Row } from "../Row.ts"
import { skyswitch } from "../Vendor.ts"

/** Of the sessions here, ms. */
const DEADLINE = 1_000

const pairOf = (name: string) =>
  JSON.stringify({ access_token: `access-${name}`, refresh_token: `refresh-${name}`, expires_in: 3600 })

const notice = (text: string) =>
  `<br />\n<b>Deprecated</b>:  ${text} in <b>/var/www/OAuth2.php</b> on line <b>88</b><br />\n`

/** What a server with `display_errors` puts around a reply. */
const around: ReadonlyArray<readonly [before: string, after: string]> = [
  [notice("Creation of dynamic property is deprecated"), ""],
  ["", notice("Creation of dynamic property is deprecated")],
  ["Notice: Undefined index: mfa in /var/www/token.php on line 12\n", ""],
  [notice('syntax error, unexpected token "{"'), notice("array{foo} and {")],
  [notice('an odd " and {"flags":[1,2]}'), "\n\n"],
  ["\ufeff\n", "\u0000"],
]

/** A vendor that rotates strictly, and remembers the tokens that it got. */
const strictVendor = (before: string, after: string) =>
  Effect.acquireRelease(
    Effect.callback<{ readonly origin: string; readonly shown: Array<string>; readonly close: () => void }>(
      (resume) => {
        const shown: Array<string> = []
        const server = createServer((request, response) => {
          let form = ""
          request.on("data", (data) => {
            form += data
          })
          request.on("end", () => {
            shown.push(new URLSearchParams(form).get("refresh_token") ?? "")
            if (shown.length > 1) return response.writeHead(400).end('{"error":"invalid_grant"}')
            return response.end(`${before}${pairOf("2")}${after}`)
          })
        })
        server.listen(0, "127.0.0.1", () => {
          const origin = `http://127.0.0.1:${(server.address() as AddressInfo).port}`
          resume(Effect.succeed({ origin, shown, close: () => void server.close(() => {}).closeAllConnections() }))
        })
      },
    ),
    ({ close }) => Effect.sync(close),
  )

/** A session that begins with the renewal of a refresh token, in real time. */
const opened = (lab: Lab, address: string) =>
  Effect.gen(function* () {
    const context = yield* Layer.build(
      Layer.fresh(lab.runtime).pipe(
        Layer.provide(Layer.fresh(lab.endpoint)),
        Layer.provide(Layer.fresh(lab.http(globalThis.fetch))),
        Layer.provide(TokenStore.layerMemory),
      ),
    )
    const configured = skyswitch.configure(address, { refreshToken: "refresh-1", deadline: DEADLINE })
    return yield* Effect.provideService(lab.open(configured), SessionRuntime, Context.get(context, SessionRuntime))
  })

export const wholeReply: Row = {
  id: "R23",
  fault: "a whole reply between a server's notices, or in the socket of a process that stood still beyond its deadline",
  bar: "read; the refresh token is shown once",
  means:
    "Over a socket, in real time, the reply to a renewal has the new tokens between PHP notices with braces and quotes in them. Another reply, compressed and not, comes while the process stands still for longer than its deadline.",
  run: (lab) =>
    Effect.gen(function* () {
      const notes = new Notes(lab)
      let lost = 0
      const read = (what: string, token: { readonly _tag: string; readonly success?: Redacted.Redacted<string> }) => {
        const isRead = token.success !== undefined && Redacted.value(token.success) === "access-2"
        if (!isRead) lost++
        notes.must(`${what}: the reply is read`, isRead)
      }
      for (const [before, after] of around) {
        yield* Effect.gen(function* () {
          const vendor = yield* strictVendor(before, after)
          const session = yield* opened(lab, vendor.origin)
          read("between notices", yield* Effect.result(session.accessToken))
          notes.must("between notices: the refresh token is shown once", vendor.shown.join() === "refresh-1")
        }).pipe(Effect.scoped, Effect.orDie)
      }
      const packings = sampled(lab, [true, false], 1)
      for (const isPacked of packings) {
        yield* Effect.gen(function* () {
          const vendor = yield* frozenVendor([pairOf("2"), '{"error":"invalid_grant"}'], { isPacked })
          const session = yield* opened(lab, vendor.origin)
          const asking = yield* Effect.forkChild(Effect.result(session.accessToken))
          yield* vendor.asked
          yield* vendor.standStill(DEADLINE + 500)
          read("after standing still", yield* Fiber.join(asking))
        }).pipe(Effect.scoped, Effect.orDie)
      }
      return notes.count("replies", around.length + packings.length).count("lost", lost).finding
    }),
}
