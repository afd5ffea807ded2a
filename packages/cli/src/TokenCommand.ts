/** `pbx-auth token PROVIDER`: prints an access token that can be used now. */

import * as Console from "effect/Console"
import * as Command from "effect/cli/Command"
import * as Flag from "effect/cli/Flag"
import * as DateTime from "effect/DateTime"
import * as Effect from "effect/Effect"
import * as FetchHttpClient from "effect/http/FetchHttpClient"
import * as Option from "effect/Option"
import * as Redacted from "effect/Redacted"
import { Usage } from "./Failure.ts"
import * as SignedIn from "./SignedIn.ts"

/** A double quoted value of curl's configuration file (curl(1), --config). */
const quoted = (text: string): string => `"${text.replace(/["\\]/g, "\\$&")}"`

export const tokenCommand = Command.make(
  "token",
  {
    ...SignedIn.parameters,
    json: Flag.Boolean("json").pipe(
      Flag.withDescription("Print the token with what is known of it, as JSON"),
      Flag.withDefault(false),
    ),
    curlConfig: Flag.Boolean("curl-config").pipe(
      Flag.withDescription("Print a line for curl -K -, so that no token stands in a process list"),
      Flag.withDefault(false),
    ),
  },
  Effect.fnUntraced(
    function* (given) {
      if (given.json && given.curlConfig)
        return yield* new Usage({ problem: "Choose --json or --curl-config, not both." })
      const { source } = yield* SignedIn.make(given)
      const { expiresAt, identity, scope, token, tokenType } = yield* source.bearer
      const bearer = Redacted.value(token)
      yield* Console.log(
        given.json
          ? JSON.stringify({
              access_token: bearer,
              token_type: tokenType,
              expires_at: expiresAt === null ? null : DateTime.formatIso(DateTime.makeUnsafe(expiresAt)),
              scope,
              provider: given.provider,
              subject: Option.getOrNull(given.actAs),
              identity,
            })
          : given.curlConfig
            ? `header = ${quoted(`Authorization: Bearer ${bearer}`)}`
            : bearer,
      )
    },
    Effect.scoped,
    Effect.provide(FetchHttpClient.layer),
  ),
).pipe(
  Command.withDescription("Sign in and print an access token"),
  Command.withExamples([
    { command: "pbx-auth token skyswitch", description: "Asks on the terminal for what no variable says" },
    {
      command: "pbx-auth token skyswitch --curl-config | curl -K - https://pbx.skyswitch.com/ns-api/",
      description: "Calls the API with it",
    },
    { command: "pbx-auth token ipex --act-as someone@example.test --json", description: "Acts for a user" },
  ]),
)
