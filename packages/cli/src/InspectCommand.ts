/** `pbx-auth inspect PROVIDER`: what the provider knows about the token that a sign-in brings. */

import * as Command from "effect/cli/Command"
import * as Flag from "effect/cli/Flag"
import * as Effect from "effect/Effect"
import { described, parameters } from "./SessionParameters.ts"

export const inspectCommand = Command.make(
  "inspect",
  {
    ...parameters,
    json: Flag.Boolean("json").pipe(Flag.withDescription("Print it as JSON"), Flag.withDefault(false)),
  },
  Effect.fnUntraced(function* (given) {
    const Inspection = yield* Effect.promise(() => import("./Inspection.ts"))
    yield* Inspection.print(given)
  }),
).pipe(
  Command.withDescription(
    described("Sign in and show what the provider says about the access token; never the token itself"),
  ),
  Command.withShortDescription(
    "Sign in and show what the provider says about the access token; never the token itself",
  ),
  Command.withExamples([
    { command: "pbx-auth inspect landstar", description: "Territory, domain, uid, scope and end" },
    { command: "pbx-auth inspect skyswitch --act-as 1001@acmecorp.12345.service", description: "Of a user’s token" },
  ]),
)
