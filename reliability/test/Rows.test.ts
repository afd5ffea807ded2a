/**
 * The contract's rows, shortened, with each case of their matrices. `Smoke.test.ts` has a few cases of each.
 *
 * @module-tag matrix
 */
import { describe, expect, it } from "vitest"
import * as Lab from "../src/Lab.ts"
import * as Page from "../src/Page.ts"
import { see } from "../src/Row.ts"
import { rows } from "../src/rows/All.ts"

const lab = Lab.make("short")
const told: Array<Parameters<typeof Page.render>[0][number]> = []

describe("the contract", () => {
  it.each(rows)("$id: $fault", async (row) => {
    const finding = await see(row, lab)
    told.push({ row, finding })
    expect(finding.why).toBeUndefined()
    expect(finding.held).toBe(true)
  })
})

describe("docs/reliability.md", () => {
  it("shows what the rows see", () => {
    expect(told).toHaveLength(rows.length)
    expect(Page.render(told), `the page is stale; write it anew with: ${Page.command}`).toBe(Page.read())
  })
})
