/**
 * A vendor that chooses the size and shape of its replies: reading them takes steps in proportion to their size, and little of them
 * is kept.
 */
import { isAuthError } from "@pbx-auth/providers/AuthError"
import * as Grant from "@pbx-auth/providers/Grant"
import * as SkySwitch from "@pbx-auth/providers/SkySwitch"
import { TokenEndpoint } from "@pbx-auth/providers/TokenEndpoint"
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import * as Redacted from "effect/Redacted"
import * as Result from "effect/Result"
// It counts the characters that are read, at worst, and reads no clock.
import { count } from "../../../packages/providers/test/Steps.ts"
import { Notes } from "../Finding.ts"
import type { Lab } from "../Lab.ts"
import type { Row } from "../Row.ts"

const KIB = 1_024

/** How much of a body may be read, in bytes, and how much more a runtime may have fetched by then. */
const MOST_READ = 64 * KIB
const AHEAD = 192 * KIB

/** The longest name that may be kept. */
const LONGEST = 256

const account = Result.getOrThrow(
  SkySwitch.configure({ address: "http://127.0.0.1:1", client: { id: "client", secret: "a-client-secret" } }),
).account

const asked: ReadonlyArray<readonly [status: number, grant: Grant.Grant]> = [
  [200, Grant.password("111@abc-company", Redacted.make("a-password-of-somebody"))],
  [
    401,
    Grant.passcode(
      { token: Redacted.make("a-partial-token"), vendor: "google", type: "authenticator", lifetime: 1 },
      Redacted.make("246802"),
    ),
  ],
]

const start = '{"access_token":"an-access-token","expires_in":3600'

const repeated = (head: string, part: string | ((index: number) => string), tail: string) => (bytes: number) => {
  const parts = [head]
  for (let left = bytes - head.length - tail.length; left > 0; left -= parts.at(-1)?.length ?? 1) {
    parts.push(typeof part === "string" ? part : part(parts.length))
  }
  return [...parts.slice(0, -1), tail].join("")
}

const shapes: Readonly<Record<string, (bytes: number) => string>> = {
  "one string": repeated(`${start},"x":"`, "a", '"}'),
  "beginnings of JWTs": repeated(`${start},"x":"`, "-eyJaaaaa", '"}'),
  "a long secret, nearly repeated": (bytes) =>
    `${start},"token_a":"${"b".padEnd(bytes / 3, "a")}","x":"${"a".repeat(bytes / 3)}"}`,
  words: repeated('{"error":"x","message":"', "token ", '"}'),
  "words, not in JSON": repeated("", "token ", ""),
  "many keys": repeated(start, (index) => `,"key${index}":"value ${index}"`, "}"),
  "many secrets": repeated(start, (index) => `,"token${index}":"aaaaaaaa${index}","key${index}":"aaaaaaaaaaa"`, "}"),
  nesting: (bytes) => `${start},"x":${'{"a":'.repeat(bytes / 8)}1${"}".repeat(bytes / 8)}}`,
  "a page": repeated("<html>", "<p>", ""),
}

/** What an endpoint makes of an answer. */
const presented = (lab: Lab, answer: () => Response, grant: Grant.Grant) =>
  Effect.flatMap(TokenEndpoint, (endpoint) => Effect.result(endpoint.present(account, grant))).pipe(
    Effect.provide(lab.endpoint.pipe(Layer.provide(lab.http(async () => answer())))),
  )

/** A body without an end, and how much of it was taken. */
const endless = () => {
  const page = new TextEncoder().encode("<html>".padEnd(16 * KIB))
  let taken = 0
  const body = () =>
    new ReadableStream<Uint8Array>({
      pull: (controller) => {
        taken += page.length
        controller.enqueue(page)
      },
    })
  return { body, taken: () => taken }
}

export const bounded: Row = {
  id: "R26",
  fault: "replies of any size and shape: one string, words, many keys, many secrets, nesting, a body without an end",
  bar: "steps in proportion to their size; 64 KiB read; no name of more than 256 characters kept",
  others: "a body without an end is read until the memory is full",
  means:
    "Each shape answers a password and a passcode, at 32 and at 64 KiB. The row counts every character that the library looks at. It counts the worst case for a pattern that may begin again at each place. A page without an end comes with 502 and with 200. Names and scopes of 60 kB come with a token.",
  run: (lab) =>
    Effect.gen(function* () {
      const notes = new Notes(lab)
      let most = 0
      for (const [shape, of] of Object.entries(shapes)) {
        for (const [status, grant] of asked) {
          const steps: Array<number> = []
          // The first one finds everything loaded.
          for (const size of [KIB, 32 * KIB, 64 * KIB]) {
            const text = of(size)
            const counting = count()
            const result = yield* Effect.ensuring(
              presented(lab, () => new Response(text, { status }), grant),
              Effect.sync(counting.stop),
            )
            steps.push(counting.steps())
            most = Math.max(most, counting.steps() / (64 * KIB))
            notes.must(`${shape}: a token or a tagged error`, result._tag === "Success" || isAuthError(result.failure))
          }
          const [, half = 0, whole = 0] = steps
          notes.must(`${shape}, ${status}: twice the steps at most for twice the size`, whole <= 2.3 * half + 20_000)
        }
      }
      for (const status of [502, 200]) {
        const { body, taken } = endless()
        const [, grant] = asked[0] as (typeof asked)[number]
        const result = yield* presented(lab, () => new Response(body(), { status }), grant)
        // With a 200 it may say that the password is wrong.
        const expected = status === 200 ? "Unreadable" : "Unavailable"
        const isTold = result._tag === "Failure" && result.failure.reason._tag === expected
        notes.must(`a page without an end, ${status}: told by its status and its beginning`, isTold)
        notes.must(`a page without an end, ${status}: no more than 64 KiB are read`, taken() <= MOST_READ + AHEAD)
      }
      const long = "x".repeat(60_000)
      for (const field of ["uid", "displayName", "user_email", "domain", "scope", "anything"]) {
        const body = JSON.stringify({ access_token: "an-access-token", [field]: long })
        const [, grant] = asked[0] as (typeof asked)[number]
        const result = yield* presented(lab, () => new Response(body), grant)
        const tokens = result._tag === "Success" && result.success._tag === "Issued" ? result.success.tokens : undefined
        notes.must(`${field} of 60 kB: a token all the same`, tokens !== undefined)
        const kept = JSON.stringify([tokens?.identity, tokens?.scope, tokens?.details])
        notes.must(`${field} of 60 kB: it is not kept`, kept.length < LONGEST)
      }
      return notes
        .count("shapes", Object.keys(shapes).length)
        .measure("steps for a character, at most", Math.ceil(most)).finding
    }),
}
