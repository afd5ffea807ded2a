/**
 * The errors that a session makes itself.
 */

import { type AuthError, fromReason, type Reason } from "@pbx-auth/providers/AuthError"
import { type Account, idOf } from "@pbx-auth/providers/Provider"

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
