/** A session in the tab, in React, in a real browser. */
import { afterAll, beforeAll, describe, it } from "vitest"
import { absence } from "../src/Chromium.ts"
import * as Stage from "../src/Stage.ts"
import { walk } from "../src/Walk.ts"

describe.skipIf(absence !== undefined)(
  `React in Chromium${absence === undefined ? "" : ` (skipped: ${absence})`}`,
  () => {
    let stage: Stage.Stage
    beforeAll(async () => {
      stage = await Stage.open()
    })
    afterAll(() => stage?.close())

    it("signs in with a second factor, renews, acts for somebody, signs out", () => walk(stage, "/react/index.html"))
  },
)
