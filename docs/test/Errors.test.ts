/** The pages about errors, and the table of test values: each row is played anew by the real library beside the emulator. */
import { readdirSync, readFileSync } from "node:fs"
import * as AuthError from "@pbx-auth/providers/AuthError"
import { beforeAll, describe, expect, it } from "vitest"
import { type Found, find, index, indexed, rewritten, tags, urlOf } from "./ErrorPage.ts"
import { rows } from "./TestRow.ts"
import * as TestValues from "./TestValuesPage.ts"

let found: Found
beforeAll(async () => {
  found = await find()
})

/** Every reason that the library exports. */
const exported = Object.entries(AuthError).flatMap(([name, value]) =>
  typeof value === "function" && value.prototype instanceof Error && name !== "AuthError" ? [name] : [],
)

describe("pages about errors", () => {
  it("are there for every reason, each once, and for nothing else", () => {
    const pages = exported.map((tag) =>
      AuthError.pageOf(tag as (typeof tags)[number]).replace(/^errors\/(.+)$/, "$1.md"),
    )
    expect(readdirSync(new URL("../errors", import.meta.url)).sort()).toEqual([...pages, "README.md"].sort())
    expect([...tags].sort()).toEqual(exported.sort())
  })

  it("are listed with their remedies", () => {
    const page = readFileSync(index, "utf8")
    expect(page).toBe(indexed(page))
    for (const remedy of AuthError.Remedy.literals) expect(page).toContain(`| \`${remedy}\` |`)
  })

  it.each(tags)("%s says what the code does (else run: node docs/test/ErrorPage.ts)", (tag) => {
    const page = readFileSync(urlOf(tag), "utf8")
    expect(page).toBe(rewritten(tag, page, found))
    expect(page).toMatch(new RegExp(`^# ${tag}\n`))
  })

  it.each(tags)("%s can be brought about, by a reply or by a test value, or says how else", (tag) => {
    const isSeen =
      found.shown.some(({ played }) => played.error === tag) || found.replies.some(({ reason }) => reason === tag)
    expect(isSeen || tag === "StoreFailed").toBe(true)
  })
})

describe("test values", () => {
  it("say what the library and the emulator do (else run: node docs/test/TestValuesPage.ts)", () => {
    const page = readFileSync(TestValues.url, "utf8")
    expect(page).toBe(TestValues.rewritten(page, found.shown))
  })

  it("are each there once", () => {
    const keys = rows.map((row) => JSON.stringify(row))
    expect(keys).toHaveLength(new Set(keys).size)
  })
})
