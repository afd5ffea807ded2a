/** What `token` prints: an access token that can be used now. */

import * as Console from "effect/Console"
import * as DateTime from "effect/DateTime"
import * as Effect from "effect/Effect"
import * as FetchHttpClient from "effect/http/FetchHttpClient"
import * as Option from "effect/Option"
import * as Redacted from "effect/Redacted"
import { Usage } from "./Failure.ts"
import * as Printable from "./Printable.ts"
import type { Given } from "./SessionParameters.ts"
import * as SignedIn from "./SignedIn.ts"

/** A double quoted value of curl's configuration file (curl(1), --config). */
const quoted = (text: string): string => `"${text.replace(/["\\]/g, "\\$&")}"`

/**
 * Signs in and prints the token, alone or in one of the forms; not in both.
 *
 * @category running
 */
export const print = Effect.fnUntraced(
  function* (given: Given & { readonly json: boolean; readonly curlConfig: boolean }) {
    if (given.json && given.curlConfig)
      return yield* new Usage({ problem: "Choose --json or --curl-config, not both." })
    const { source } = yield* SignedIn.make(given)
    const { expiresAt, identity, scope, token, tokenType } = yield* source.bearer
    const bearer = Redacted.value(token)
    yield* Console.log(
      given.json
        ? Printable.json({
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
)
