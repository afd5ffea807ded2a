/**
 * What a session that opens begins with: tokens that were stored, or a refresh token that was obtained elsewhere.
 */

import type { TokenTimes } from "@pbx-auth/machine/Renewal"
import type { SessionEvent } from "@pbx-auth/machine/SessionEvent"
import type { Tokens } from "@pbx-auth/providers/Token"
import * as Redacted from "effect/Redacted"

type Restored = Extract<SessionEvent, { readonly type: "Restored" }>

/**
 * Tokens with their times by the session's clock (epoch ms), and what the chart is told of them.
 *
 * @category models
 */
export interface Found extends Pick<Restored, "facts" | "pending"> {
  readonly tokens: Tokens
  readonly times: TokenTimes
  /** The generation of the record that holds them, if one does. */
  readonly generation: number | undefined
}

/**
 * A refresh token that was obtained elsewhere. Its access token is dead, so it is renewed at once.
 *
 * @category constructors
 */
export const adopted = (refreshToken: Redacted.Redacted<string>, now: number): Found => {
  const times = { issuedAt: now, dueAt: now, usableUntil: now, expiresAt: now }
  return {
    tokens: {
      accessToken: Redacted.make(""),
      refreshToken,
      tokenType: "Bearer",
      lifetime: 0,
      refreshLifetime: undefined,
      scope: null,
      identity: {},
      details: {},
    },
    times,
    generation: undefined,
    facts: { ...times, generation: 0, via: "sign_in" },
    pending: null,
  }
}
