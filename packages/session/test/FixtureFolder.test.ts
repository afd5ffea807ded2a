/** A folder of fixtures is read whole, or the error says what is wrong with it. */
import { assert, describe, it } from "@effect/vitest"
import * as Zoom from "@pbx-auth/providers/Zoom"
import * as FixtureFolder from "@pbx-auth/session/testing/FixtureFolder"
import { filesOf } from "./ProviderFolders.ts"

const files = filesOf("zoom")
const suite = files["suite.json"] ?? ""

/** The message of what is thrown for a folder with other files, or another suite. */
const refusal = (more: Partial<FixtureFolder.Files> = {}, text = suite): string => {
  try {
    FixtureFolder.read(Zoom.provider, { ...files, ...more } as FixtureFolder.Files, text)
    return "nothing"
  } catch (error) {
    assert.instanceOf(error, TypeError)
    return error.message
  }
}

describe("a folder of fixtures", () => {
  it("is read", () => {
    const { accounts, exchanges, lifetime } = FixtureFolder.read(Zoom.provider, files, suite)
    assert.strictEqual(lifetime, 3_600_000)
    assert.lengthOf(accounts, 2)
    assert.deepStrictEqual(
      exchanges.map(({ name }) => name),
      ["sign in", ...["client", "grant", "account"].map((one) => `sign in, refused by errors.json#${one}`)],
    )
  })

  it("names a request, a reply or a refusal that nothing uses", () => {
    assert.strictEqual(refusal(), "nothing")
    assert.include(refusal({ "other.curl": "curl {origin}/other" }), "other.curl")
    assert.include(refusal({ "other-reply.json": '{"sample": {}}' }), "other-reply.json")
    const errors = JSON.parse(files["errors.json"] ?? "")
    errors.sample.other = { status: 400, body: {} }
    assert.include(refusal({ "errors.json": JSON.stringify(errors) }), "errors.json#other")
    assert.include(refusal({}, suite.replace("errors.json#client", "errors.json#grant")), "errors.json#client")
  })

  it("names a file, a reply or a field that is not there", () => {
    assert.include(refusal({}, suite.replace("token.curl", "missing.curl")), "token.curl")
    assert.include(refusal({ "token.curl": undefined }), "no file token.curl")
    assert.include(refusal({}, suite.replace('"accessToken": "access_token"', '"accessToken": "token"')), "at token")
    assert.include(refusal({}, suite.replace('"of": "sign in"', '"of": "sign out"')), "sign out")
  })

  it("repeats what configure says of an account, and never a secret", () => {
    const message = refusal({}, suite.replace("ZoomAccountNorth00001", "north & south"))
    assert.include(message, "accountId")
    assert.notInclude(message, "zoom-client-secret")
    assert.include(refusal({}, suite.replace('"zoom"', '"another"')), "another")
  })
})
