import { assert, describe, it } from "@effect/vitest"
import * as Effect from "effect/Effect"
import { curlIsThere, run } from "./Curl.ts"
import { served } from "./Served.ts"

// The shapes in which clients in the field write a request, as a shell would send them. All mean the same.
const path = "/ns-api/oauth2/token"
const client = "client_id=your-client-id&client_secret=your-client-secret"
const person = "username=111%40abc-company&password=1234"
const everything = `grant_type=password&${client}&${person}`
const inJson = `{"grant_type":"password","client_id":"your-client-id","client_secret":"your-client-secret","username":"111@abc-company","password":"1234"}`
const parts = everything
  .split("&")
  .map((pair) => `-F ${decodeURIComponent(pair)}`)
  .join(" ")
const json = "-H 'Content-Type: application/json'"

const shapes: Readonly<Record<string, readonly [told: string, asked: string]>> = {
  "a form": [path, `-d '${everything}'`],
  "a form whose type has a charset": [
    path,
    `-H 'Content-Type: application/x-www-form-urlencoded; charset=UTF-8' -d '${everything}'`,
  ],
  "a form with format=json": [path, `-d '${everything}&format=json'`],
  "multipart (OneCloud, SpectrumVoIP)": [path, parts],
  JSON: [path, `${json} -d '${inJson}'`],
  "JSON whose type has a charset": [path, `-H 'Content-Type: application/json; charset=utf-8' -d '${inJson}'`],
  "the query, by GET": [`${path}/?${everything}`, ""],
  "the query, by POST with no body": [`${path}?${everything}`, "-X POST"],
  "client in the query, person in the body": [`${path}?grant_type=password&${client}`, `-d '${person}'`],
  "Basic as it stands": [path, `-u your-client-id:your-client-secret -d 'grant_type=password&${person}'`],
  "Basic, form-encoded": [path, `-u your%2Dclient%2Did:your%2Dclient%2Dsecret -d 'grant_type=password&${person}'`],
  "Basic with the client in the form too": [path, `-u your%2Dclient%2Did:your%2Dclient%2Dsecret -d '${everything}'`],
  "Basic with multipart (OneCloud)": [
    path,
    "-u your-client-id:your-client-secret -F grant_type=password -F username=111@abc-company -F password=1234",
  ],
  "an old bearer beside the form (SpectrumVoIP)": [path, `-H 'Authorization: Bearer dead' -d '${everything}'`],
  "version 2 in JSON": ["/ns-api/v2/tokens", `${json} -d '${inJson}'`],
  "version 2 as multipart": ["/ns-api/v2/tokens", parts],
  "version 2's JWT": ["/ns-api/v2/jwt", `${json} -d '${inJson}'`],
}

describe.skipIf(!curlIsThere)(`What clients send${curlIsThere ? "" : " (skipped: curl is missing)"}`, () => {
  for (const [name, [to, asked]] of Object.entries(shapes)) {
    it.live(`is understood as ${name}`, () =>
      Effect.gen(function* () {
        const { origin } = yield* served()
        const { status, fields } = yield* run(`curl '${origin}${to}' ${asked}`)
        assert.strictEqual(status, 200, JSON.stringify(fields))
        const bearer = fields.access_token ?? fields.token
        const api = `curl '${origin}/ns-api/?object=subscriber&action=read' -H 'Authorization: Bearer ${bearer}'`
        const called = yield* run(api)
        assert.strictEqual(called.status, 200)
        assert.strictEqual(called.fields[0].uid, "111@abc-company.12345.service")
      }),
    )
  }

  it.live("by Basic is taken in the ways that the world allows", () =>
    Effect.gen(function* () {
      for (const basicEncoding of ["both", "raw", "form"] as const) {
        const { origin } = yield* served({ netsapiens: { basicEncoding }, sangomaCx: { basicEncoding } })
        const vendors = [
          [path, "your%2Dclient%2Did:your%2Dclient%2Dsecret", `grant_type=password&${person}`],
          [
            "/oauth/token",
            "sangoma%2Dclient%2Did:sangoma%2Dclient%2Dsecret",
            "grant_type=client_credentials&scope=cx.agent-calls",
          ],
        ] as const
        for (const [to, formEncoded, body] of vendors) {
          const ways = { form: formEncoded, raw: decodeURIComponent(formEncoded) }
          const told = yield* run(`curl '${origin}${to}' -u ${ways.form} -d '${body}'`)
          assert.strictEqual(told.status === 200, basicEncoding !== "raw", `${to} form at ${basicEncoding}`)
          // What needs no escape is the same in both ways; a decoder reads an unescaped dash as a dash.
          assert.strictEqual((yield* run(`curl '${origin}${to}' -u ${ways.raw} -d '${body}'`)).status, 200)
        }
      }
    }),
  )

  it.live("is refused where it means something else", () =>
    Effect.gen(function* () {
      const { origin } = yield* served()
      for (const [to, asked, status] of [
        [path, `-H 'Content-Type: text/plain' -d '${everything}'`, 400],
        [path, `${json} -d '[${inJson}]'`, 400],
        [path, `-u your-client-id:wrong -d '${everything}'`, 400],
        [path, `-u your%client%id:100% -d '${everything}'`, 400],
      ] as const) {
        assert.strictEqual((yield* run(`curl '${origin}${to}' ${asked}`)).status, status, asked)
      }
    }),
  )
})
