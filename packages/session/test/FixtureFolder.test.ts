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

  it("names a field that is not known, because a test would be skipped with it", () => {
    const changed = (change: (of: Record<string, unknown> & FixtureFolder.Suite) => unknown) => {
      const said = JSON.parse(suite)
      change(said)
      return refusal({}, JSON.stringify(said))
    }
    assert.include(
      changed((of) => Object.assign(of, { refusal: [] })),
      "no field refusal",
    )
    assert.include(
      changed(({ exchanges }) => Object.assign(exchanges[0] ?? {}, { respons: "" })),
      "Exchange 1 has no field respons",
    )
    assert.include(
      changed(({ refusals = [] }) => Object.assign(refusals[1] ?? {}, { status: 401 })),
      "Refusal 2 has no field status",
    )
    assert.include(
      changed((of) => Object.assign(of, { exchanges: [...of.exchanges, of.exchanges[0]] })),
      "no other one has",
    )
    assert.include(
      changed((of) => Object.assign(of, { accounts: [of.accounts[0]] })),
      "of two",
    )
    assert.include(
      changed((of) => Object.assign(of, { lifetime: "3600" })),
      "lifetime",
    )
    assert.include(
      changed((of) => Object.assign(of, { capabilities: undefined })),
      "capabilities",
    )
    assert.include(
      changed((of) => Object.assign(of, { exchanges: [] })),
      "exchanges",
    )
    assert.include(
      changed((of) => Object.assign(of, { refusals: {} })),
      "refusals",
    )
  })

  it("names a file that is no JSON, or has no sample", () => {
    assert.include(refusal({}, "{"), "suite.json is no JSON")
    assert.include(refusal({}, "null"), "suite.json to be an object")
    assert.include(refusal({ "errors.json": "{" }), "errors.json is no JSON")
    assert.include(refusal({ "token-reply.json": "{}" }), "token-reply.json has no sample")
  })

  it("repeats what configure says of an account, and never a secret", () => {
    const message = refusal({}, suite.replace("ZoomAccountNorth00001", "north & south"))
    assert.include(message, "accountId")
    assert.notInclude(message, "zoom-client-secret")
    assert.include(refusal({}, suite.replace('"zoom"', '"another"')), "another")
  })
})
