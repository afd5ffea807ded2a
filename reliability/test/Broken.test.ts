/**
 * Every row can fail: with a broken part in the library, it falls short.
 *
 * @module-tag matrix
 */
import { describe, expect, it } from "vitest"
import { see } from "../src/Row.ts"
import { rows } from "../src/rows/All.ts"
import { broken, brokenElsewhere } from "./Broken.ts"

it("each row has a broken library to find", () => {
  expect(Object.keys(broken)).toEqual(rows.map(({ id }) => id))
})

const known = [...Object.entries(broken).map(([id, one]) => [id, ...one] as const), ...brokenElsewhere]

const breakages = rows.flatMap((row) => known.flatMap((one) => (one[0] === row.id ? [[...one, row] as const] : [])))

describe("a row finds", () => {
  it.each(breakages)("%s: %s", async (_id, _what, lab, says, row) => {
    const finding = await see(row, { ...lab, enough: says })
    expect(finding.held).toBe(false)
    expect(finding.why).toContain(says)
  })
})
