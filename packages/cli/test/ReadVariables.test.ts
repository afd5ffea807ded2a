/** The variables that the list of a provider's options names are those that the command reads for it. */
import { assert, describe, it } from "@effect/vitest"
import { codeGrants } from "@pbx-auth/providers/AuthorizationRequest"
import { families } from "@pbx-auth/providers/Catalog"
import { defineProvider } from "@pbx-auth/providers/Definition"
import { optionsOf } from "@pbx-auth/providers/OptionList"
import * as ProviderEntry from "../src/provider/ProviderEntry.ts"

const atBrowser = defineProvider({
  id: "browser-voice",
  name: "Browser Voice",
  page: "https://voice.example/tokens",
  addresses: { standard: "https://voice.example" },
  clientAuthentication: "none",
  clientSecret: "none",
  clientId: "voice-app",
  signsInWith: "browser",
  capabilities: ["browser"],
  renewsWith: "refresh_token",
  defaultLifetime: 3_600_000,
  authorization: { path: "/authorize" },
  grants: codeGrants({ token: "/token" }),
})

/** Of these the command reads a variable for each provider, whatever it is. */
const always = ["PBX_AUTH_ADDRESS", "PBX_AUTH_REFRESH_TOKEN"]

/** Where only a client or a person elsewhere signs in, nobody gives these. */
const ofPeople = ["PBX_AUTH_USERNAME", "PBX_AUTH_PASSWORD"]

describe("the variables of an option list", () => {
  for (const provider of [...families.flat(), atBrowser]) {
    it(`are read by the command: ${provider.id}`, () => {
      const read = ProviderEntry.of(provider).reads.map(({ variable }): string => variable)
      const named = optionsOf(provider).flatMap(({ variable = [] }) => variable)
      const isRight = (variable: string) => provider.signsInWith !== "client" || !ofPeople.includes(variable)
      const wanted = named.filter((variable) => !always.includes(variable) && isRight(variable))
      assert.deepStrictEqual(wanted.sort(), read.sort())
    })
  }
})
