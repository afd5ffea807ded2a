/** What is kept of a profile, in words and as JSON; never a secret. */

import type { TokenRecord } from "@pbx-auth/session/TokenStore"
import * as Clock from "effect/Clock"
import * as Effect from "effect/Effect"
import { utc, utcEnd } from "../failure/Failure.ts"
import type { Profile } from "../profile/Profile.ts"
import * as ProviderPath from "../provider/ProviderPath.ts"
import { find, isName } from "../provider/ProviderTable.ts"

/**
 * - `signed_in`: the access token can be used.
 * - `renewable`: it has ended, and the next command renews it, or signs in where the client is its own account.
 * - `ended`: it has ended, and there is nothing to renew it with.
 * - `signed_out`: by `pbx-auth logout`.
 * - `not_signed_in`: never since the profile was made.
 * - `unreadable`: what is kept cannot be opened, as with another key or a damaged file.
 */
type Word = "signed_in" | "renewable" | "ended" | "signed_out" | "not_signed_in" | "unreadable"

/**
 * The line of a profile, as `--json` prints it. Moments are UTC, as `2026-01-31T12:00:00Z`.
 *
 * @category models
 */
export interface KeptState {
  readonly profile: string
  readonly provider: Profile["provider"]
  readonly address: string | null
  /** Whether passwords and tokens go to that address over plain http in a private network. */
  readonly plain_http: boolean
  readonly account: string | null
  readonly state: Word
  /** Whether it cannot go on without a person. A password in the environment is not looked at. */
  readonly person_needed: boolean
  /** The end of the access token; `null` if there is none, or if it does not end. */
  readonly expires_at: string | null
  /** From when on the next command renews it. */
  readonly due_at: string | null
  readonly refresh_token: boolean
  /** The stated end of the refresh token; `null` if none is stated. */
  readonly refresh_expires_at: string | null
  /** Whether the provider states how long a refresh token lives; `none` if there is none. */
  readonly refresh_life: "stated" | "unknown" | "none"
  /** Another process has been getting a token since then; it counts as lost at `until`. */
  readonly under_way: { readonly since: string; readonly until: string } | null
  readonly warning: string | null
  /** The users whom the profile acts for, as far as their tokens can be used now. */
  readonly acting_for: ReadonlyArray<Acting>
}

/** The kept token of a user whom a profile acts for. */
interface Acting {
  readonly subject: string
  readonly expires_at: string | null
  readonly due_at: string | null
}

const moment = (epochMs: number | null | undefined): string | null =>
  epochMs === null || epochMs === undefined || !Number.isFinite(epochMs) ? null : utc(epochMs)

const DAY = 86_400_000

/** How long before the end of a refresh token it is said, in ms: the last quarter of its life, and a week at most. */
const notice = (life: number): number => Math.min(life / 4, 7 * DAY)

const wordOf = (
  record: TokenRecord | undefined,
  now: number,
  refreshEnd: number | undefined,
  signsInAlone: boolean,
): Word => {
  const tokens = record?.tokens
  if (tokens === undefined) return signsInAlone ? "renewable" : "not_signed_in"
  const usableUntil = record?.times?.usableUntil ?? Number.POSITIVE_INFINITY
  if (now < usableUntil) return "signed_in"
  const canRenew = tokens.refreshToken !== undefined && (refreshEnd === undefined || now < refreshEnd)
  return canRenew || signsInAlone ? "renewable" : "ended"
}

/**
 * The state of a profile now. `record` is `"signed_out"` after a logout, and `"unreadable"` if it cannot be opened.
 *
 * @category constructors
 */
export const of = (
  name: string,
  profile: Profile,
  record: TokenRecord | "signed_out" | "unreadable" | undefined,
  others: ReadonlyArray<{ readonly subject: string; readonly record: TokenRecord }> = [],
): Effect.Effect<KeptState> =>
  Effect.map(Clock.currentTimeMillis, (now) => {
    const held = typeof record === "string" ? undefined : record
    const { intent, times, tokens } = held ?? {}
    const life = tokens?.refreshLifetime
    const refreshEnd = life === undefined || times === undefined ? undefined : times.issuedAt + life
    const signsInAlone = find(profile.provider)?.signsInAlone === true
    const state = typeof record === "string" ? record : wordOf(held, now, refreshEnd, signsInAlone)
    const isEnding = life !== undefined && refreshEnd !== undefined && now >= refreshEnd - notice(life)
    const hasRefreshToken = tokens?.refreshToken !== undefined
    const fileGone = isName(profile.provider) ? undefined : ProviderPath.missing(profile.provider)
    return {
      profile: name,
      provider: profile.provider,
      address: profile.address ?? null,
      plain_http: profile.plainHttp === true,
      account: profile.account ?? null,
      state,
      person_needed: !["signed_in", "renewable"].includes(state),
      expires_at: utcEnd(times?.expiresAt),
      due_at: moment(times?.dueAt),
      refresh_token: hasRefreshToken,
      refresh_expires_at: utcEnd(refreshEnd),
      refresh_life: !hasRefreshToken ? "none" : refreshEnd === undefined ? "unknown" : "stated",
      under_way:
        intent === undefined || intent.until <= now ? null : { since: utc(intent.startedAt), until: utc(intent.until) },
      warning:
        fileGone !== undefined && state !== "signed_out"
          ? `The file of the provider of ${name} cannot be read (${fileGone}). Nothing is renewed until it is back: ${profile.provider}.`
          : state === "ended" || tokens === undefined || signsInAlone
            ? null
            : !hasRefreshToken
              ? `The provider gave no refresh token for ${name}, or no longer takes it: log in again when the access token has ended.`
              : isEnding && refreshEnd !== undefined
                ? `The refresh token of ${name} ends at ${utcEnd(refreshEnd)}. Renew before (pbx-auth keep), or log in again.`
                : null,
      acting_for: others.flatMap(({ record, subject }) => actingOf(subject, record, now)),
    }
  })

const actingOf = (subject: string, { times }: TokenRecord, now: number): ReadonlyArray<Acting> =>
  times === undefined || now >= (times.usableUntil ?? Number.POSITIVE_INFINITY)
    ? []
    : [{ subject, expires_at: utcEnd(times.expiresAt), due_at: moment(times.dueAt) }]

const words: Readonly<Record<Word, string>> = {
  signed_in: "signed in",
  renewable: "to be renewed by the next command",
  ended: "ended: log in again",
  signed_out: "signed out",
  not_signed_in: "not signed in",
  unreadable: "cannot be opened: another key, or a damaged file. Restore it, or log in again",
}

/**
 * Lines for a person: what the profile is, and what ends when.
 *
 * @category formatting
 */
export const inWords = (state: KeptState): ReadonlyArray<string> => {
  const {
    account,
    acting_for,
    address,
    due_at,
    expires_at,
    plain_http,
    profile,
    provider,
    refresh_expires_at,
    refresh_life,
    under_way,
  } = state
  const whose = [account, address].filter((one) => one !== null).join(" at ")
  return [
    `${profile}: ${words[state.state]}`,
    `  provider       ${provider}${whose === "" ? "" : `, ${whose}`}`,
    ...(plain_http ? ["  plain http     everybody on the way can read passwords and tokens"] : []),
    ...(expires_at === null
      ? []
      : [`  access token   until ${expires_at}${due_at === null ? "" : `, renewed from ${due_at} on`}`]),
    ...(refresh_life === "none"
      ? []
      : [
          refresh_expires_at === null
            ? "  refresh token  its life is unknown: the provider does not state it"
            : `  refresh token  until ${refresh_expires_at}`,
        ]),
    ...(under_way === null ? [] : [`  under way      a process has been getting a token since ${under_way.since}`]),
    ...acting_for.map(
      ({ expires_at, subject }) => `  acts for       ${subject}${expires_at === null ? "" : `, until ${expires_at}`}`,
    ),
  ]
}
