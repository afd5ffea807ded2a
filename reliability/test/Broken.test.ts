/** Every row is proved able to fail: a library with a broken part falls short of it. */
import { describe, expect, it } from "vitest"
import { see } from "../src/Row.ts"
import { rows } from "../src/rows/All.ts"
import { broken } from "./Broken.ts"

it("each row has a broken library to find", () => {
  expect(Object.keys(broken)).toEqual(rows.map(({ id }) => id))
})

describe("a row finds", () => {
  it.each(rows.map((row) => [row.id, broken[row.id]?.[0], row] as const))("%s: %s", async (id, _, row) => {
    const [, lab, says] = broken[id] ?? []
    if (lab === undefined || says === undefined) throw new Error(`nothing is broken for ${id}`)
    const finding = await see(row, lab)
    expect(finding.held).toBe(false)
    expect(finding.why).toContain(says)
  })
})
