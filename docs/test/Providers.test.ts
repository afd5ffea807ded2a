import { readFileSync } from "node:fs"
import { providers } from "@pbx-auth/providers/Catalog"
import { describe, expect, it } from "vitest"
import { listed, overview, pages, rewritten } from "./ProviderPage.ts"

describe("provider pages", () => {
  it("are there for every provider that stands for one vendor", () => {
    const vendors = Object.keys(providers).filter((id) => id !== "netsapiens")
    expect(vendors.length).toBeGreaterThanOrEqual(11)
    expect(pages.map(({ id }) => id).sort()).toEqual(vendors.sort())
  })

  it("are listed in an overview (else run: node docs/test/ProviderPage.ts)", () => {
    const page = readFileSync(overview, "utf8")
    expect(page).toBe(listed(page))
  })

  it.each(pages)("$id says what its value says (else run: node docs/test/ProviderPage.ts)", ({ accounts, url }) => {
    const page = readFileSync(url, "utf8")
    expect(page).toBe(rewritten(accounts, page))
  })

  it.each(pages)("$id has each quirk with its sentence and its answer", ({ account, url }) => {
    const page = readFileSync(url, "utf8")
    for (const { answer, name, sentence } of account.provider.quirks) {
      expect(page).toContain(`### ${name}\n`)
      expect(page).toContain(sentence)
      expect(page).toContain(answer)
    }
  })
})
