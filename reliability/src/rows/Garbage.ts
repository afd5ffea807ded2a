/** Answers that are not what the vendor's page promises. */
import type { Fault } from "@pbx-auth/emulator/Fault"
import * as Effect from "effect/Effect"
import { Notes } from "../Finding.ts"
import { sampled } from "../Lab.ts"
import { undergo } from "../Ordeal.ts"
import type { Row } from "../Row.ts"
import { ipex, sangomaCx, skyswitch } from "../Vendor.ts"

/** The required result of an answer: an error, a token that lives so many seconds, a token, or either. */
type Expected = "error" | number | "token" | "either"

const HOUR = 3_600

const reply = (body: string): Fault => ({ _tag: "reply", body })

const answers: ReadonlyArray<readonly [name: string, fault: Fault, expected: Expected]> = [
  ["HTML 200", { _tag: "html_200" }, "error"],
  ["HTML 200 after acting", { _tag: "html_200", acts: true }, "error"],
  ["empty 200", { _tag: "empty_200" }, "error"],
  ["empty 200 after acting", { _tag: "empty_200", acts: true }, "error"],
  ["JSON cut in the middle", { _tag: "cut_json" }, "error"],
  ["JSON cut after a byte", { _tag: "cut_json", bytes: 1 }, "error"],
  ["no expires_in", { _tag: "expires_in" }, HOUR],
  ["expires_in null", { _tag: "expires_in", value: null }, HOUR],
  ["expires_in a text", { _tag: "expires_in", value: "1800" }, 1_800],
  ["expires_in no number", { _tag: "expires_in", value: "soon" }, HOUR],
  ["expires_in an object", { _tag: "expires_in", value: { seconds: 60 } }, HOUR],
  ["expires_in negative", { _tag: "expires_in", value: -1 }, "error"],
  ["expires_in 0", { _tag: "expires_in", value: 0 }, "error"],
  ["expires_in 1e12", { _tag: "expires_in", value: 1e12 }, "token"],
  ["expires_in 1e308", { _tag: "expires_in", value: 1e308 }, "token"],
  ["error in a 200", { _tag: "error_in_200" }, "error"],
  ["code and message in a 200", { _tag: "error_in_200", form: "code_message" }, "error"],
  ["code and msg in a 200", { _tag: "error_in_200", form: "code_msg" }, "error"],
  ["50 MB", { _tag: "huge_body" }, "error"],
  ["50 MB, announced", { _tag: "huge_body", announced: true }, "error"],
  ["50 MB around a true reply", { _tag: "huge_body", acts: true }, "error"],
  ["bad UTF-8 in the token", { _tag: "invalid_utf8" }, "error"],
  ["bad UTF-8 in the refresh token", { _tag: "invalid_utf8", field: "refresh_token" }, "either"],
  ["bad UTF-8 elsewhere", { _tag: "invalid_utf8", field: "scope" }, "token"],
  ["type text/html", { _tag: "wrong_type" }, "token"],
  ["no type", { _tag: "wrong_type", type: null }, "token"],
  ["token_type BEARER", { _tag: "token_type" }, "token"],
  ["token_type mac", { _tag: "token_type", value: "mac" }, "error"],
  ["no refresh token", { _tag: "no_refresh_token" }, "token"],
  ["more fields", { _tag: "extra_fields" }, "token"],
  ...["null", "[]", "true", '"token"', "{}", "{", "\u0000", "[".repeat(20_000), '{"a":'.repeat(20_000)].map(
    (body): readonly [string, Fault, Expected] => [`a body of ${body.slice(0, 8)}`, reply(body), "error"],
  ),
  ...[null, "", "a b", "a\nb", { a: 1 }, ["a"], 5, true].map((token): readonly [string, Fault, Expected] => [
    `access_token ${JSON.stringify(token)}`,
    reply(JSON.stringify({ access_token: token, expires_in: HOUR })),
    "error",
  ]),
]

export const garbage: Row = {
  id: "R8",
  fault: "HTML 200, cut JSON, empty 200, no/negative/string `expires_in`, error in a 200, 50 MB body, bad UTF-8",
  bar: "a tagged error or a correct token every time; state unchanged",
  others: "garbage accepted, TypeErrors",
  means:
    "Each of them answers a sign-in and a renewal at three vendors. The living token stays in use, and the stored record does not change. Once the vendor is well again, the session has a good token.",
  run: (lab) =>
    Effect.gen(function* () {
      const notes = new Notes(lab)
      let seen = 0
      let wrong = 0
      for (const [name, fault, expected] of sampled(lab, answers, 3)) {
        for (const vendor of [skyswitch, ipex, sangomaCx]) {
          for (const moment of ["sign_in", "renewal"] as const) {
            // The wire is the same for all; one of them goes over it.
            const wire = vendor === skyswitch ? "socket" : "process"
            const ordeal = { vendor, fault, moment, isAttended: false, isStrict: true, wire } as const
            const { dead, isKept, isStoreSound, life, recovery, told } = yield* undergo(lab, ordeal)
            const what = `${vendor.name}, ${moment}, ${name}`
            seen++
            const isFit =
              moment === "renewal" || expected === "either" || (expected === "error") === (told !== undefined)
            const isRight =
              typeof expected !== "number" ||
              moment === "renewal" ||
              vendor !== skyswitch ||
              Math.abs((life ?? 0) - expected * 1_000) < 1_000
            if (!isFit || !isRight || dead > 0 || !isStoreSound || told === "not an AuthError") wrong++
            notes
              .must(
                `${what}: a tagged error or a token, and the right one of them`,
                isFit && told !== "not an AuthError",
              )
              .must(`${what}: the right life`, isRight)
              .must(`${what}: no garbage is handed out`, dead === 0)
              .must(`${what}: nothing stored is replaced by garbage`, isStoreSound)
              .must(`${what}: the token that lives stays in use`, isKept)
              .must(`${what}: a good token in the end`, recovery !== undefined)
          }
        }
      }
      return notes.count("kinds of answer", answers.length).count("answers", seen).count("taken wrongly", wrong).finding
    }),
}
