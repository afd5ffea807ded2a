/** How a token is printed. It is loaded at each start, so it imports nothing heavy. */

import { utcEnd } from "../failure/Failure.ts"
import * as Printable from "../shell/Printable.ts"

/**
 * What is printed of a bearer: its secret in clear, and what is known of it.
 *
 * @category models
 */
export interface Shown {
  readonly token: string
  readonly tokenType: string
  /** Epoch ms; `null` if it does not end. */
  readonly expiresAt: number | null
  readonly scope: string | null
  readonly identity: unknown
  readonly provider: string
  readonly subject: string | null
}

/**
 * @category models
 */
export interface Form {
  readonly json?: boolean | undefined
  readonly curlConfig?: boolean | undefined
}

/** A double quoted value of curl's configuration file (curl(1), --config). */
const quoted = (text: string): string => `"${text.replace(/["\\]/g, "\\$&")}"`

/**
 * The line for standard output.
 *
 * @category formatting
 */
export const of = (form: Form, { expiresAt, identity, provider, scope, subject, token, tokenType }: Shown): string => {
  if (form.curlConfig === true) return `header = ${quoted(`Authorization: Bearer ${token}`)}`
  if (form.json !== true) return token
  return Printable.json({
    access_token: token,
    token_type: tokenType,
    expires_at: utcEnd(expiresAt),
    scope,
    provider,
    subject,
    identity,
  })
}
