import { existsSync, readFileSync } from "node:fs"
import { families } from "@pbx-auth/providers/Catalog"
import * as NetSapiens from "@pbx-auth/providers/NetSapiens"
import { describe, expect, it } from "vitest"
import { pages, rewritten } from "./ProviderPage.ts"

describe("provider pages", () => {
  it("are there for every provider that stands for one vendor", () => {
    const firsts = families.map(([first]) => first?.id ?? "")
    const vendors = firsts.filter((id) => id !== NetSapiens.provider.id)
    for (const id of vendors) expect(existsSync(new URL(`../providers/${id}.md`, import.meta.url)), id).toBe(true)
    expect(pages.map(({ id }) => id).sort()).toEqual([...vendors].sort())
  })

  it.each(pages)("$id says what its value says (else run: npm run providers -- --write)", ({ accounts, url }) => {
    const page = readFileSync(url, "utf8")
    expect(page).toBe(rewritten(accounts, page))
    if (accounts.length > 1) for (const { provider } of accounts) expect(page).toContain(`\`${provider.id}\`:\n`)
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
