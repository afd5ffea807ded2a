/** Every provider of the library runs the suite: each value, over the folder of its fixtures, against its witness. */
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
    assert.sameMembers([...folders], [...new Set(suites.map(({ folder }) => folder))])
  })
})

for (const { id } of suites) {
  const { fixtures, open, provider } = suiteOf(id)
  ProviderTest.suite(provider, open, fixtures, { assert, describe, it })
}
