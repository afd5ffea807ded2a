/** No option of a provider's own has the variable of something else. */
import { assert, describe, it } from "@effect/vitest"
import { defineProvider } from "@pbx-auth/providers/Definition"
import * as Result from "effect/Result"
import * as Variable from "../src/shell/Variable.ts"

/** Whether a provider may have an option of this name. */
const isFree = (name: string): boolean =>
  Result.isSuccess(
    defineProvider({
      id: "acme-voice",
      name: "Acme Voice",
      page: "https://acme.example/tokens",
      addresses: { standard: "https://acme.example" },
      clientAuthentication: "none",
      clientSecret: "none",
      clientId: "acme-app",
      signsInWith: "client",
      defaultLifetime: 3_600_000,
      renewsWith: "sign_in",
      grants: {},
      options: { [name]: { title: "Site", doc: "One of the sites.", identifies: true, optional: true } },
    }).configure({} as never),
  )

/** The option whose variable this would be: `keySource` for `PBX_AUTH_KEY_SOURCE`. */
const optionOf = (variable: string): string =>
  variable
    .replace("PBX_AUTH_", "")
    .toLowerCase()
    .replace(/_(.)/g, (_, letter: string) => letter.toUpperCase())

describe("a variable of the command", () => {
  const variables = Object.keys(Variable.described)

  it("is that of no option that a provider may declare", () => {
    assert.isAbove(variables.length, 10)
    assert.isTrue(isFree("accountId"))
    const others = ["PBX_AUTH_TOKEN", "PBX_AUTH_KEYS", "PBX_AUTH_PROVIDER"]
    for (const variable of [...variables, ...others]) {
      assert.isFalse(isFree(optionOf(variable)), variable)
      assert.strictEqual(Variable.ofOption(optionOf(variable)), variable)
    }
  })

  it("names no file either", () => {
    for (const variable of [
      "PBX_AUTH_USERNAME",
      "PBX_AUTH_PASSWORD",
      "PBX_AUTH_CLIENT_SECRET",
      "PBX_AUTH_REFRESH_TOKEN",
    ]) {
      assert.isFalse(isFree(optionOf(`${variable}_FILE`)), variable)
    }
  })
})
