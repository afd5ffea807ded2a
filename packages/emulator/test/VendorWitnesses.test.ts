/** The pages' own requests, at the witnesses of Yeastar, RingCentral and FreePBX, mounted side by side. */
import { readFileSync } from "node:fs"
import { assert, describe, it } from "@effect/vitest"
import * as Effect from "effect/Effect"
import * as Emulator from "../src/emulator/Emulator.ts"
import { serve } from "../src/server/Server.ts"
import { witness as freepbx } from "../src/witnesses/FreePbx.ts"
import { witness as ringcentral } from "../src/witnesses/RingCentral.ts"
import { witness as yeastar } from "../src/witnesses/Yeastar.ts"
import { curlIsThere, run } from "./Curl.ts"

const fixture = (path: string) => readFileSync(new URL(`../fixtures/${path}`, import.meta.url), "utf8")

const shapeOf = (fields: object) =>
  Object.entries(fields)
    .map(([name, value]) => `${name}: ${typeof value}`)
    .sort()

describe.skipIf(!curlIsThere)("the requests of the pages", () => {
  for (const path of ["yeastar/sign-in", "ringcentral/jwt", "freepbx/client"]) {
    it.live(`bring what they print: ${path}`, () =>
      Effect.gen(function* () {
        const emulator = yield* Emulator.make({ witnesses: [freepbx, ringcentral, yeastar] })
        const { origin } = yield* serve({ port: 0, emulator })
        const text = fixture(`${path}.curl`).replace("{origin}", `${origin}/@${path.split("/")[0]}`)
        const { fields, status } = yield* run(text)
        assert.strictEqual(status, 200)
        assert.deepStrictEqual(shapeOf(fields), shapeOf(JSON.parse(fixture(`${path}-reply.json`)).sample))
      }),
    )
  }
})
