/** What Chromium shows, on one stage: to open it takes longer than most of the tests. */
import { afterAll, beforeAll } from "vitest"
import * as Chromium from "../src/Chromium.ts"
import * as Stage from "../src/Stage.ts"
import * as Cells from "./Cells.ts"
import * as FirstScreen from "./FirstScreen.ts"
import * as Server from "./Server.ts"
import * as Tab from "./Tab.ts"

Chromium.describe("in Chromium", () => {
  let stage: Stage.Stage
  beforeAll(async () => {
    stage = await Stage.open()
  }, 60_000)
  afterAll(() => stage?.close(), 30_000)

  Cells.suite(() => stage)
  // Before the server's: sessions that live there renew when time goes on, and a walk counts the requests.
  Tab.suite(() => stage)
  FirstScreen.suite(() => stage)
  Server.suite(() => stage)
  Tab.edits(() => stage)
})
