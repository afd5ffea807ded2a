import { assert, describe, it } from "@effect/vitest"
import * as Effect from "effect/Effect"
import { spelled } from "../src/server/Spelling.ts"
import { post, send } from "./RawClient.ts"
import { netsapiens as ns, sangomaCx, served } from "./Served.ts"

/** The names of a raw answer's headers, in their own spelling. */
const namesOf = (text: string): ReadonlyArray<string> => {
  const [head = ""] = text.split("\r\n\r\n")
  return head
    .split("\r\n")
    .slice(1)
    .map((line) => line.slice(0, line.indexOf(":")))
}

const get = (path: string) => `GET ${path} HTTP/1.1\r\nhost: 127.0.0.1\r\nconnection: close\r\n\r\n`

const closed = Effect.fnUntraced(function* (origin: string, text: string) {
  return (yield* Effect.promise(() => send(origin, text))).text
})

describe("Header names on the wire", () => {
  it.live("are spelt as SkySwitch's own client looks them up", () =>
    Effect.gen(function* () {
      const { origin } = yield* served({ netsapiens: { rateLimits: "published" } })
      const text = yield* closed(origin, post(ns.token, ns.password))
      const names = namesOf(text)
      for (const name of ["RateLimit", "RateLimit-Policy", "Content-Type", "Cache-Control", "Date"]) {
        assert.include(names, name)
      }
      // As PHP's `curl` hands headers on, and as that client splits them: by the first colon, and looked up by spelling.
      const headers = Object.fromEntries(
        text.split("\r\n").map((line) => [line.slice(0, line.indexOf(":")), line.slice(line.indexOf(":") + 2)]),
      )
      assert.match(headers.RateLimit ?? "", /^"subscriber_minute";r=59;t=\d+;pk=/)
      assert.match(headers["RateLimit-Policy"] ?? "", /^"subscriber_minute";q=60;w=60;pk=/)
    }),
  )

  it.live("begin with capitals in every kind of answer: refusals, pages, faults, streams, the emulator's own", () =>
    Effect.gen(function* () {
      const { origin, emulator } = yield* served()
      const answers = [
        yield* closed(origin, post(ns.token, { ...ns.password, password: "wrong" })),
        yield* closed(origin, get("/ns-api/oauth2/read")),
        yield* closed(origin, post("/oauth/token", sangomaCx.form())),
        yield* closed(origin, get("/ns-api/nothing")),
        yield* closed(origin, get("/nobody")),
        yield* closed(origin, get("/token")),
        yield* closed(origin, get("/")),
        yield* closed(origin, "TRACE / HTTP/1.1\r\nhost: 127.0.0.1\r\nconnection: close\r\n\r\n"),
      ]
      const faults = [
        { _tag: "rate_limit" },
        { _tag: "retry_after" },
        { _tag: "redirect", to: "https://elsewhere.test/" },
        { _tag: "trickle", bytes: 500, millis: 1 },
        { _tag: "reply", headers: { "x-ratelimit-reset": "1", etag: '"1"' }, body: "{}" },
      ] as const
      for (const fault of faults) {
        yield* emulator.faults.arm({ fault })
        answers.push(yield* closed(origin, post(ns.token, ns.password)))
      }
      const names = new Set(answers.flatMap(namesOf))
      for (const name of names) assert.strictEqual(name, spelled(name), "as the server above it writes them otherwise")
      for (const name of ["WWW-Authenticate", "Allow", "Location", "Retry-After", "X-RateLimit-Reset", "ETag"]) {
        assert.include([...names], name)
      }
    }),
  )

  it("are those of the vendors' documents, whatever case they come in", () => {
    for (const name of ["RateLimit", "RateLimit-Policy", "WWW-Authenticate", "Content-Type", "ETag", "Retry-After"]) {
      for (const written of [name, name.toLowerCase(), name.toUpperCase()]) assert.strictEqual(spelled(written), name)
    }
  })
})
