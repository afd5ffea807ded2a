/**
 * When to ask again: the schedule, and the arithmetic of what servers say about it. Nothing here waits or sends.
 */
import * as Cause from "effect/Cause"
import * as Clock from "effect/Clock"
import * as Duration from "effect/Duration"
import * as Effect from "effect/Effect"
import * as Random from "effect/Random"
import * as Schedule from "effect/Schedule"
import { type AuthError, LimitPolicy } from "../error/AuthError.ts"
import type { RateLimit } from "../error/RateLimit.ts"
import { spanOf } from "./RetryAfter.ts"

/** The pause after the first attempt, ±20 %, in ms. It doubles with each further one. */
export const minBackoff = 1_000

/** The longest pause between two attempts that this library chooses, in ms. */
export const maxBackoff = 60_000

/** No more attempts than this for one need. Then a person, or the next need, must begin again. */
export const maxAttempts = 60

/** The pause while there is no connection at all, in ms: a new token comes within a second after the network is back. */
const quickPause = 750

/** After so many of them in a row, a minute and a half, the network is gone for longer. This is the pause from then on, in ms. */
const quickTries = 120
const slowPause = 5_000

/**
 * The schedule for code with promises, or with a clock of its own. Make one for each need and call it with each failure. It returns
 * the ms to wait before the next try, or `undefined` if there is none. `now` is epoch ms, and `random` returns 0 to 1.
 *
 * ```ts
 * import * as Retry from "@pbx-auth/providers/Retry"
 *
 * const pauseAfter = Retry.pauses()
 * const pause = pauseAfter(error)
 * ```
 */
export const pauses = (random?: () => number): ((error: AuthError, now?: number) => number | undefined) => {
  const pauseAt = pausesAt(random)
  return (error, now = Effect.runSync(Clock.currentTimeMillis)) => pauseAt(error, now)
}

/** The same for a caller that always knows the time. */
export const pausesAt = (
  random: () => number = Math.random,
): ((error: AuthError, now: number) => number | undefined) => {
  let attempts = 0
  let unreachable = 0
  const jittered = (pause: number) => pause * (0.8 + 0.4 * random())
  return (error, now) => {
    if (error.reason._tag === "Unavailable" && error.reason.unreachable === true) {
      unreachable += 1
      return jittered(unreachable <= quickTries ? quickPause : slowPause)
    }
    unreachable = 0
    attempts += 1
    if (attempts > maxAttempts || !isRepeatable(error)) return undefined
    const pause = jittered(Math.min(minBackoff * 2 ** (attempts - 1), maxBackoff))
    const { retryAt } = error
    return retryAt === undefined ? pause : Math.max(pause, Math.max(0, retryAt - now) + random() * 1_000)
  }
}

/**
 * The one schedule of this library. It reads the error. While the remedy is `retry` or `wait` it goes on, with a capped exponential
 * backoff (1 s, 2 s, … 60 s, each ±20 %) and never before the reason's `retryAt`. For any other remedy it ends at once. It also ends
 * after 60 attempts that were answered, an hour of an outage.
 *
 * While there is no connection (`Unavailable` with `unreachable`) another try loads no server: it follows after 0.75 s ±20 %, beyond
 * a minute and a half after 5 s, and does not count. So it never ends there; give up by a limit of your own.
 *
 * **Details**
 *
 * Step it with `Schedule.toStep`: `step(now, error)` returns the delay, or is done. A retry at a server's `retryAt` is spread over
 * the second after it, so that clients that were told the same moment do not come back together.
 */
export const schedule: Schedule.Schedule<Duration.Duration, AuthError> = /* @__PURE__ */ Schedule.fromStep(
  /* @__PURE__ */ Effect.map(Random.Random, (random) => {
    const next = pauses(() => random.nextDoubleUnsafe())
    return (now: number, error: AuthError) => {
      const pause = next(error, now)
      const delay = Duration.millis(pause ?? 0)
      return pause === undefined ? Cause.done(delay) : Effect.succeed([delay, delay] as [typeof delay, typeof delay])
    }
  }),
)

/** Whether an error's remedy is to ask again, now or later. */
export const isRepeatable = (error: AuthError): boolean => error.remedy === "retry" || error.remedy === "wait"

/**
 * When to ask again, epoch ms; `undefined` for an error that does not pass by itself. It is the error's `retryAt`. The exceptions
 * are a mistake in the options, and a sign-in that a person has to look at: they stay what they are, even if the session looks again.
 */
export const passesAt = ({ reason }: AuthError): number | undefined =>
  reason.remedy === "configure" || (reason._tag === "Unreadable" && reason.refused === true)
    ? undefined
    : reason.retryAt

/** What a server said about the next request. */
export interface Limit {
  /** Epoch ms. */
  readonly retryAt: number
  /** The limit's name, if it is one that this library knows. */
  readonly policy: LimitPolicy | undefined
  /** Epoch ms: what the server said, if that is later than the moment that is respected. */
  readonly toldUntil?: number | undefined
}

/** The limits that a provider declares (`Provider.rateLimits`), beside those that all have. */
type Declared = ReadonlyArray<Pick<RateLimit, "policy" | "headers">> | undefined

/** The headers of a reply, by lower-case name. */
type Headers = Readonly<Record<string, string | undefined>>

/** A pause of more than a year is a mistake, and beyond 8.64e15 ms there is no valid date. */
const longestPause = 366 * 86_400_000

/** The pause if none is named, or none that can be read: the window of the per-minute limits (rate limiting page), in ms. */
export const limitPause = 60_000

/**
 * The pause after an intermediary refused a request, in ms. NetSapiens hosts ban for 10 s, 60 s or 600 s, and for a day after a
 * return that is too early. So the longest of the ordinary ones is the safe one.
 */
export const ordinaryBan = 600_000

/**
 * The longest pauses that are respected, in ms. No published window is longer than an hour, and no firewall's ban longer than a day.
 * A longer one is a mistake, and must not cost a session.
 */
export const longestLimit = 3_600_000
/** The longest pause after a firewall's ban, in ms: a day. */
export const longestBan = 86_400_000

/** A limit, cut to `longest` (ms). */
export const cut = (limit: Limit, now: number, longest: number): Limit =>
  limit.retryAt > now + longest ? { ...limit, retryAt: now + longest, toldUntil: limit.retryAt } : limit

/**
 * The moment before which a reply's headers allow no further request, or `undefined` if they do not say: the later of `Retry-After`
 * and `RateLimit`. An unreadable `Retry-After` counts as a minute. One with a `status` below 400 does not count. Of `own` limits the
 * name is kept, too.
 */
export const limitOf = (headers: Headers, now: number, status = 429, own?: Declared): Limit | undefined =>
  latest([...quotasOf(headers, now, own), afterOf(headers, now, status)])

const afterOf = (headers: Headers, now: number, status: number): Limit | undefined =>
  status < 400
    ? undefined
    : retryAfter(headers["retry-after"] ?? headers["x-retry-after"], now, headers.date, limitPause)

/** Every quota that is used up, as the vendor says it, or as older drafts and other vendors do. */
const quotasOf = (headers: Headers, now: number, own: Declared): ReadonlyArray<Limit> => [
  ...spentLimits(headers.ratelimit, now, own),
  ...olderLimits(headers, now, own),
]

/**
 * What the headers of an API's reply say about the next request, as far as it is respected. `Retry-After` concerns a refusal: in a
 * success (202: when to look for the job's end) or a redirect it holds no request. `RateLimit` always counts. Without a `status` the
 * reply is taken for a refusal.
 */
export const limitsOf = (headers: Headers, now: number, status = 429, own?: Declared): ReadonlyArray<Limit> => {
  const after = afterOf(headers, now, status)
  return [
    ...quotasOf(headers, now, own).map((limit) => cut(limit, now, longestLimit)),
    ...(after === undefined ? [] : [cut(after, now, status === 403 ? longestBan : longestLimit)]),
  ]
}

/** The one that ends last. */
export const latest = (limits: ReadonlyArray<Limit | undefined>): Limit | undefined =>
  limits.reduce((latest, limit) =>
    latest === undefined || (limit !== undefined && limit.retryAt > latest.retryAt) ? limit : latest,
  )

const pause = (ms: number, now: number, policy?: LimitPolicy): Limit => ({
  retryAt: now + Math.min(Math.max(ms, 0), longestPause),
  policy,
})

/** `Retry-After` (see `RetryAfter`). An unreadable one counts as `otherwise` ms, or not at all. */
export const retryAfter = (
  value: string | undefined,
  now: number,
  date?: string | undefined,
  otherwise = Number.NaN,
): Limit | undefined => {
  const span = spanOf(value, now, date, otherwise)
  return span === undefined || Number.isNaN(span) ? undefined : pause(span, now)
}

/** More than any provider's limits take, in characters. */
const longestHeader = 4_096

/**
 * The limits of a `RateLimit` header that are used up, each with the moment of its reset (epoch ms). SkySwitch and Landstar send
 * several policies in one header, each with what remains (`r`) and the seconds to its reset (`t`), as
 * `"client_minute";r=0;t=24;pk=:YXBw:`.
 *
 * Source: https://pbx.readme.io/reference/rate-limiting (draft-ietf-httpapi-ratelimit-headers).
 */
export const spentLimits = (value: string | undefined, now: number, own?: Declared): ReadonlyArray<Limit> => {
  const limits: Array<Limit> = []
  // A comma or a semicolon may be inside a quoted name; a byte sequence (`pk=:…:`) has neither.
  for (const item of (value ?? "").slice(0, longestHeader).match(/(?:"[^"]*"|[^,"])+/g) ?? []) {
    const [name = "", ...parameters] = item.match(/(?:"[^"]*"|[^;"])+/g) ?? []
    const number = (key: string) => {
      const found = parameters.map((one) => one.trim().toLowerCase()).find((one) => one.startsWith(`${key}=`))
      const digits = found?.slice(key.length + 1) ?? ""
      return /^-?\d{1,15}(\.\d{1,3})?$/.test(digits) ? Number(digits) : undefined
    }
    const remaining = number("r")
    const reset = number("t")
    if (remaining === undefined || remaining > 0 || reset === undefined) continue
    limits.push(pause(reset * 1_000, now, policyOf(name, own)))
  }
  return limits
}

/**
 * The same by older drafts (draft-ietf-httpapi-ratelimit-headers-03 and -06), with `X-`, and by the headers that a provider declares:
 * what remains, and when it is reset, in seconds or as a moment.
 */
const olderLimits = (headers: Headers, now: number, own: Declared = []): ReadonlyArray<Limit> => {
  const old = /\bremaining=(\d+).*\breset=(\d+)/i.exec(headers.ratelimit?.slice(0, 200) ?? "") ?? []
  const named = ["", "x-"].map((x) => [headers[`${x}ratelimit-remaining`], headers[`${x}ratelimit-reset`]])
  const declared = own.flatMap(({ headers: names, policy }) =>
    names === undefined
      ? []
      : [[headers[names.remaining.toLowerCase()], headers[names.reset.toLowerCase()], policy] as const],
  )
  return [old.slice(1), ...named, ...declared].flatMap(([remaining, reset, policy]) => {
    const limit = remaining?.trim() === "0" ? retryAfter(reset, now, headers.date) : undefined
    return limit === undefined ? [] : { ...limit, policy }
  })
}

/** Returns the word of the list, and never the header's. */
const policyOf = (name: string, own: Declared = []): LimitPolicy | undefined =>
  [...LimitPolicy.literals, ...own.map(({ policy }) => policy)].find(
    (policy) => policy === name.trim().replace(/^"|"$/g, ""),
  )
