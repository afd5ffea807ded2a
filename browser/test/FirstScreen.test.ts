/** The first screen of the tutorial, in each framework and in none: a person signs in with a second factor, and signs out. */
import { afterAll, beforeAll, expect, it } from "vitest"
import * as Chromium from "../src/Chromium.ts"
import * as Stage from "../src/Stage.ts"
import { firstScreen } from "../src/Walk.ts"

Chromium.describe("the first screen in Chromium", () => {
  let stage: Stage.Stage
  beforeAll(async () => {
    stage = await Stage.open()
  }, 60_000)
  afterAll(() => stage?.close(), 30_000)

  const walk = async (framework: string) => {
    expect(await firstScreen(stage, `/first-screen/${framework}.html`)).toEqual([])
  }
  it("react", () => walk("react"))
  it.each(["none", "solid", "svelte", "vue"])("%s", { tags: ["matrix"] }, walk)
})
