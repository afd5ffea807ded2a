/** The contract's rows with a few cases of each. `npm run test:matrix` tries all cases, and that each row can fail. */
import { describe, expect, it } from "vitest"
import * as Lab from "../src/Lab.ts"
import { see } from "../src/Row.ts"
import { rows } from "../src/rows/All.ts"
import { broken } from "./Broken.ts"

const lab = Lab.make("smoke")

describe("a few cases of the contract", () => {
  it.each(rows)("$id: $fault", async (row) => {
    const finding = await see(row, lab)
    expect(finding.why).toBeUndefined()
    expect(finding.held).toBe(true)
  })

  it.each(rows.filter(({ id }) => id === "R1"))("$id finds a broken library", async (row) => {
    const [, lab, says] = broken.R1 ?? expect.fail("no broken library")
    const finding = await see(row, { ...lab, scale: "smoke", enough: says })
    expect(finding.why).toContain(says)
  })
})
