/**
 * The errors that a session makes itself.
 */

import { type AuthError, fromReason, type Reason, Unreadable } from "@pbx-auth/providers/AuthError"
import { type Account, idOf } from "@pbx-auth/providers/Provider"
import * as Effect from "effect/Effect"

/**
 * The error of a reason, with the provider's id.
 *
 * @category constructors
 */
export const failure = <Fields extends object>(
  { provider }: Pick<Account, "provider">,
  Made: new (fields: Fields) => Reason,
  fields?: Omit<Fields, "provider">,
): AuthError => fromReason(new Made({ provider: idOf(provider), ...fields } as Fields))

/**
 * Runs what reads a provider's value, which may throw wherever it is read. Then it fails as `Unreadable`, and so does a mistake of ours,
 * of an app's client or of a store: nothing may hang because of it. Its text is not shown, because it may hold anything.
 *
 * @category combinators
 */
export const guarded = <A, E, R>(
  account: Pick<Account, "provider">,
  run: () => Effect.Effect<A, E, R>,
): Effect.Effect<A, E | AuthError, R> => Effect.catchDefect(Effect.suspend(run), () => failure(account, Unreadable))
