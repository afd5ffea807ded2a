/** The output of `token`: an access token that can be used now. */

import * as Console from "effect/Console"
import * as DateTime from "effect/DateTime"
import * as Effect from "effect/Effect"
import * as FetchHttpClient from "effect/http/FetchHttpClient"
import * as Redacted from "effect/Redacted"
import type { commands, GivenTo } from "./Grammar.ts"
import * as Printable from "./Printable.ts"
import * as SignedIn from "./SignedIn.ts"

/** A double quoted value of curl's configuration file (curl(1), --config). */
const quoted = (text: string): string => `"${text.replace(/["\\]/g, "\\$&")}"`

/**
 * Signs in and prints the token, as it is or in one of the forms.
 *
 * @category running
 */
export const print = Effect.fnUntraced(
  function* (given: GivenTo<typeof commands.token>) {
    const source = yield* SignedIn.make(given)
    const { expiresAt, identity, scope, token, tokenType } = yield* source.bearer
    const bearer = Redacted.value(token)
    yield* Console.log(
      given.json === true
        ? Printable.json({
            access_token: bearer,
            token_type: tokenType,
            expires_at: expiresAt === null ? null : DateTime.formatIso(DateTime.makeUnsafe(expiresAt)),
            scope,
            provider: given.argument,
            subject: given.actAs ?? null,
            identity,
          })
        : given.curlConfig === true
          ? `header = ${quoted(`Authorization: Bearer ${bearer}`)}`
          : bearer,
    )
  },
  Effect.scoped,
  Effect.provide(FetchHttpClient.layer),
)
