/** Every provider of the library runs the suite: each value, over the folder of its fixtures, against its witness. */
import { readFileSync } from "node:fs"
import { assert, describe, it } from "@effect/vitest"
import * as ProviderTest from "@pbx-auth/session/testing/ProviderTest"
import { folders, providers, suiteOf, suites } from "./ProviderFolders.ts"

describe("the folders of fixtures", () => {
  it("have a suite for each provider's value, and none besides", () => {
    assert.isAtLeast(providers.length, 14)
    assert.sameMembers(
      suites.map(({ id }) => id),
      providers.map(({ id }) => id),
    )
    // The types of their sessions are in a file of their own.
    const types = readFileSync(new URL("../typetest/EveryProvider.tst.ts", import.meta.url), "utf8")
    assert.lengthOf(types.match(/expect<Can</g) ?? [], providers.length)
    assert.sameMembers([...folders], [...new Set(suites.map(({ folder }) => folder))])
  })
})

for (const { id } of suites) {
  const { fixtures, open, provider } = suiteOf(id)
  ProviderTest.suite(provider, open, fixtures, { assert, describe, it })
}
