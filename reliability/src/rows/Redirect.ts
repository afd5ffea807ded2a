/** A vendor, or an intermediary, that redirects elsewhere. */
import { createServer, type Socket } from "node:net"
import type { AuthError } from "@pbx-auth/providers/AuthError"
import * as Effect from "effect/Effect"
import { Notes } from "../Finding.ts"
import { sampled } from "../Lab.ts"
import type { Row } from "../Row.ts"
import * as Stage from "../Stage.ts"
import { passcode, skyswitch, subjects, vendors, withFactor } from "../Vendor.ts"

/** Another host, which accepts whatever it is sent, and says that all is well. */
const elsewhere = Effect.acquireRelease(
  Effect.callback<{ readonly origin: string; readonly received: () => number; readonly close: () => void }>(
    (resume) => {
      const sockets = new Set<Socket>()
      let received = 0
      const server = createServer((socket) => {
        sockets.add(socket)
        socket.on("error", () => {})
        socket.on("close", () => sockets.delete(socket))
        socket.on("data", (data) => {
          received += data.length
          const body = '{"access_token":"elsewhere","expires_in":3600}'
          socket.end(`HTTP/1.1 200 OK\r\ncontent-length: ${body.length}\r\nconnection: close\r\n\r\n${body}`)
        })
      })
      server.listen(0, "127.0.0.1", () => {
        const address = server.address()
        const port = typeof address === "object" && address !== null ? address.port : 0
        const close = () => {
          for (const socket of sockets) socket.destroy()
          server.close()
        }
        resume(Effect.succeed({ origin: `http://localhost:${port}`, received: () => received, close }))
      })
    },
  ),
  ({ close }) => Effect.sync(close),
)

const STATUSES = [301, 302, 303, 307, 308] as const

export const redirected: Row = {
  id: "R20",
  fault: "redirect 301–308 to another host",
  bar: "refused; 0 bytes of a credential sent there",
  others: "default fetch re-sends the password",
  means:
    "Every request with a credential gets every kind of redirect to a host that counts bytes: sign-in, renewal, passcode, acting, inspection, revocation.",
  run: (lab) =>
    Effect.gen(function* () {
      const notes = new Notes(lab)
      let redirects = 0
      let bytes = 0
      for (const vendor of vendors) {
        for (const status of sampled(lab, STATUSES, 2)) {
          yield* Stage.timed(lab, { wire: "socket" }, (stage) =>
            Effect.gen(function* () {
              const other = yield* elsewhere
              /** Something that is asked while all answers point elsewhere. */
              const away = (what: string, act: Effect.Effect<unknown, AuthError>, isTold = true) =>
                Effect.gen(function* () {
                  yield* stage.clear
                  yield* stage.arm({
                    fault: { _tag: "redirect", status, to: `${other.origin}/token` },
                    times: "always",
                  })
                  const told = yield* stage.time.through(Effect.result(act))
                  yield* stage.time.settle
                  yield* stage.heal
                  redirects += (yield* stage.emulator.journal).length
                  const isRefused = told._tag === "Failure" && told.failure.reason._tag === "Misconfigured"
                  notes.must(`${vendor.name}: ${status} to ${what} is refused as Misconfigured`, !isTold || isRefused)
                })

              const fresh = yield* stage.open(vendor.configure(stage.origin))
              yield* away("a sign-in", fresh.signIn(vendor.person))

              const session = yield* vendor.person === undefined ? stage.signedIn(vendor) : stage.signedInBy(vendor)
              const { generation } = yield* session.bearer
              yield* away("a renewal", Effect.andThen(session.reject(generation), session.accessToken))

              if (vendor.name === "SkySwitch") {
                const asked = yield* stage.open(skyswitch.configure(stage.origin))
                yield* asked.signIn(withFactor)
                yield* away("a passcode", asked.submitPasscode(passcode))
                const own = yield* stage.signedInBy(vendor)
                yield* away("an act of acting", own.startActing(subjects.netsapiens))
                yield* away("an inspection", own.inspect)
                yield* away("a revocation", own.signOut, false)
              }
              if (vendor.name === "IPEX") {
                const own = yield* stage.signedInBy(vendor)
                yield* away("an act of acting", own.startActing(subjects.ipex))
              }
              bytes += other.received()
            }),
          )
        }
      }
      notes.must("0 bytes sent there", bytes === 0)
      return notes.count("redirects", redirects).count("bytes sent elsewhere", bytes).finding
    }),
}
