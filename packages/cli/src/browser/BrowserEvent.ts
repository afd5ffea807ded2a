/**
 * What a person needs to sign in at a browser, as it is told on standard error. It is for the person alone: whoever has it can take
 * part in the sign-in.
 *
 * docs/command.md has the table. Fields may be added in a later version; none is renamed or removed.
 */

import type { Prompt } from "@pbx-auth/session/Session"
import * as Redacted from "effect/Redacted"
import { utc } from "../failure/Failure.ts"
import * as Printable from "../shell/Printable.ts"

/**
 * The line of `--json`.
 *
 * @category models
 */
export interface BrowserEvent {
  readonly event: "sign_in_at_browser"
  /** How the person signs in: with a code (RFC 8628), or with a page that comes back to this machine (RFC 8252). */
  readonly way: "device" | "redirect"
  /** The page to open. */
  readonly url: string
  /** What the person enters there; `null` without a code. */
  readonly user_code: string | null
  /** The page with the code in it; `null` if the provider gives none. */
  readonly complete_url: string | null
  /** The command waits until then: UTC, `2026-01-31T12:00:00Z`. */
  readonly until: string
}

const clear = (secret: Redacted.Redacted<string> | undefined): string | null =>
  secret === undefined ? null : Redacted.value(secret)

/**
 * @category conversions
 */
export const of = ({ completeUrl, kind, until, url, userCode }: Prompt): BrowserEvent => ({
  event: "sign_in_at_browser",
  way: kind,
  url: Redacted.value(url),
  user_code: clear(userCode),
  complete_url: clear(completeUrl),
  until: utc(until),
})

/**
 * The same for a person.
 *
 * @category formatting
 */
export const inWords = ({ complete_url, until, url, user_code, way }: BrowserEvent): string =>
  [
    way === "device"
      ? "Sign in at any browser. Open this page:"
      : "Sign in at a browser on this machine. Open this page:",
    "",
    `  ${url}`,
    ...(user_code === null ? [] : ["", "and enter this code:", "", `  ${user_code}`]),
    ...(complete_url === null ? [] : ["", "This page has the code in it already:", "", `  ${complete_url}`]),
    "",
    `Waiting until ${until}. Ctrl-C ends it.`,
  ]
    .map(Printable.line)
    .join("\n")
