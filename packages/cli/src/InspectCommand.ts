/** `pbx-auth inspect PROVIDER`: what the provider knows about the token that a sign-in brings. */

import * as Console from "effect/Console"
import * as Command from "effect/cli/Command"
import * as Flag from "effect/cli/Flag"
import * as Effect from "effect/Effect"
import * as FetchHttpClient from "effect/http/FetchHttpClient"
import * as SignedIn from "./SignedIn.ts"

/** A terminal obeys control characters, and what a provider tells is what somebody typed there: names, above all. */
const harmless = (text: string): string => text.replace(/[\p{Cc}\p{Bidi_Control}\p{Zl}\p{Zp}]/gu, "")

export const inspectCommand = Command.make(
  "inspect",
  {
    ...SignedIn.parameters,
    json: Flag.Boolean("json").pipe(Flag.withDescription("Print it as JSON"), Flag.withDefault(false)),
  },
  Effect.fnUntraced(
    function* (given) {
      const { clientId, details, ...known } = yield* Effect.flatMap(
        SignedIn.make(given, ["inspect"]),
        SignedIn.inspection,
      )
      const answer = { client_id: clientId, ...known, ...details }
      const shown = Object.entries(answer)
        .filter(([, value]) => value !== undefined && value !== null)
        .map(([name, value]) => [harmless(name), harmless(typeof value === "string" ? value : JSON.stringify(value))])
      const widest = Math.max(...shown.map(([name = ""]) => name.length))
      const line = ([name = "", value = ""]: ReadonlyArray<string>) => `${name.padEnd(widest)}  ${value}`
      yield* Console.log(given.json ? JSON.stringify(answer) : shown.map(line).join("\n"))
    },
    Effect.scoped,
    Effect.provide(FetchHttpClient.layer),
  ),
).pipe(
  Command.withDescription("Sign in and show what the provider says about the access token; never the token itself"),
  Command.withExamples([
    { command: "pbx-auth inspect landstar", description: "Territory, domain, uid, scope and end" },
    { command: "pbx-auth inspect skyswitch --act-as 1001@acmecorp.12345.service", description: "Of a user’s token" },
  ]),
)
