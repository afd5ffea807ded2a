/** Zoom, 8x8 and 3CX in one emulator: each at its own place, with its own world and its own fixtures. */
import { readFileSync } from "node:fs"
import { assert, describe, it } from "@effect/vitest"
import * as Effect from "effect/Effect"
import * as Emulator from "../src/emulator/Emulator.ts"
import { serve } from "../src/server/Server.ts"
import * as EightByEight from "../src/witnesses/EightByEight.ts"
import * as ThreeCx from "../src/witnesses/ThreeCx.ts"
import * as Zoom from "../src/witnesses/Zoom.ts"
import * as Curl from "./Curl.ts"

const witnesses = [Zoom.witness, EightByEight.witness, ThreeCx.witness]

const fixture = (path: string) => readFileSync(new URL(`../fixtures/${path}`, import.meta.url), "utf8")

const emulated = Effect.gen(function* () {
  const emulator = yield* Emulator.make({ witnesses })
  const { origin } = yield* serve({ port: 0, emulator })
  return { emulator, origin }
})

describe("the witnesses of Zoom, 8x8 and 3CX", () => {
  it.live.skipIf(!Curl.curlIsThere)("answer the pages' curl with the fields of the pages' reply", () =>
    Effect.gen(function* () {
      const { emulator, origin } = yield* emulated
      for (const { id } of witnesses) {
        const { sample } = JSON.parse(fixture(`${id}/token-reply.json`))
        const told = yield* Curl.run(fixture(`${id}/token.curl`).replaceAll("{origin}", `${origin}/@${id}`))
        assert.strictEqual(told.status, 200, id)
        assert.sameMembers(Object.keys(told.fields), Object.keys(sample))
        for (const name of ["token_type", "expires_in"]) assert.strictEqual(told.fields[name], sample[name], id)
      }
      const entries = yield* emulator.journal
      assert.deepStrictEqual(
        entries.map(({ outcome, provider }) => [provider, outcome]),
        witnesses.map(({ id }) => [id, "issued"]),
      )
      assert.notInclude(JSON.stringify(entries), "secret")
    }),
  )

  it.live("refuse a client, and a grant, as the fixtures say", () =>
    Effect.gen(function* () {
      const { origin } = yield* emulated
      const paths = { zoom: "/oauth/token", "8x8": "/oauth/v2/token", "3cx": "/connect/token" } as const
      const right = {
        zoom: "zoom-client-id:zoom-client-secret",
        "8x8": "eght_client-id:8x8-client-secret",
        "3cx": "apiclient:3cx-api-key-north",
      } as const
      for (const [id, path] of Object.entries(paths)) {
        const { sample } = JSON.parse(fixture(`${id}/errors.json`))
        const credentials = right[id as keyof typeof right]
        const [client_id = "", client_secret = ""] = credentials.split(":")
        const ask = (secret: string) =>
          Effect.promise(async () => {
            const reply = await fetch(`${origin}/@${id}${path}`, {
              method: "POST",
              headers: { authorization: `Basic ${btoa(`${client_id}:${secret}`)}` },
              body: new URLSearchParams({ grant_type: "something", client_id, client_secret: secret }),
            })
            return { status: reply.status, body: await reply.json() }
          })
        assert.deepStrictEqual(yield* ask("another"), sample.client, id)
        assert.deepStrictEqual(yield* ask(client_secret), sample.grant, id)
      }
    }),
  )
})
