/** The first screen of the tutorial, in each framework and in none: a person signs in with a second factor, and signs out. */
import { describe, expect, it } from "vitest"
import type * as Stage from "../src/Stage.ts"
import { firstScreen } from "../src/Walk.ts"

export const suite = (opened: () => Stage.Stage) =>
  describe("the first screen", () => {
    const walk = async (framework: string) => {
      expect(await firstScreen(opened(), `/first-screen/${framework}.html`)).toEqual([])
    }
    it("none", () => walk("none"))
    it.each(["react", "solid", "svelte", "vue"])("%s", { tags: ["matrix"] }, walk)
  })
