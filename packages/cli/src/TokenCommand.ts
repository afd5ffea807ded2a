/** `pbx-auth token PROVIDER`: prints an access token that can be used now. */

import * as Command from "effect/cli/Command"
import * as Flag from "effect/cli/Flag"
import * as Effect from "effect/Effect"
import { described, parameters } from "./SessionParameters.ts"

export const tokenCommand = Command.make(
  "token",
  {
    ...parameters,
    json: Flag.Boolean("json").pipe(
      Flag.withDescription("Print the token with what is known of it, as JSON"),
      Flag.withDefault(false),
    ),
    curlConfig: Flag.Boolean("curl-config").pipe(
      Flag.withDescription("Print a line for curl -K -, so that no token stands in a process list"),
      Flag.withDefault(false),
    ),
  },
  Effect.fnUntraced(function* (given) {
    const Token = yield* Effect.promise(() => import("./Token.ts"))
    yield* Token.print(given)
  }),
).pipe(
  Command.withDescription(described("Sign in and print an access token")),
  Command.withShortDescription("Sign in and print an access token"),
  Command.withExamples([
    { command: "pbx-auth token skyswitch", description: "Asks on the terminal for what no variable says" },
    {
      command: "pbx-auth token skyswitch --curl-config | curl -K - https://pbx.skyswitch.com/ns-api/",
      description: "Calls the API with it",
    },
    { command: "pbx-auth token ipex --act-as someone@example.test --json", description: "Acts for a user" },
  ]),
)
