/**
 * Rate limits as SkySwitch and Landstar enforce and announce them (https://pbx.readme.io/reference/rate-limiting).
 *
 * Each reply tells by two structured headers (RFC 9651; draft-ietf-httpapi-ratelimit-headers) which policies there are
 * and what is left of them. SkySwitch's own demo client (SkySwitch/pbx-api-v1-clients, `php/pbx_api_client.php`) shows
 * `"subscriber_minute";r=59;t=31` beside `"subscriber_hour";r=1799;t=331`: seconds that agree modulo a minute, so windows
 * begin with the minutes and hours of the clock.
 */
import type { RateLimits } from "./WorldFields.ts"

/** A limit: so many requests (`quota`) per window (s) and partition. */
export type Policy = Exclude<RateLimits, string>[number]

const published: ReadonlyArray<Policy> = [
  { name: "subscriber_minute", per: "subscriber", quota: 60, window: 60 },
  { name: "subscriber_hour", per: "subscriber", quota: 1800, window: 3600 },
  { name: "client_minute", per: "client", quota: 90, window: 60 },
  { name: "client_hour", per: "client", quota: 2700, window: 3600 },
]

/** The policies that a world's setting stands for. */
export const policiesOf = (limits: RateLimits): ReadonlyArray<Policy> => {
  if (limits === "off") return []
  return limits === "published" ? published : limits
}

/** The payers of a request's quotas; absent if they cannot be known. */
export interface Partitions {
  /** `user@domain` */
  readonly subscriber?: string
  /** Client id. */
  readonly client?: string
}

/** What a reply says about one policy. */
export interface State {
  readonly name: string
  readonly quota: number
  /** s */
  readonly window: number
  /** Requests left in this window. */
  readonly remaining: number
  /** Until the next window, s. */
  readonly reset: number
  /** The partition in clear: `user@domain` or a client id. */
  readonly partition?: string
}

// A Byte Sequence of a structured field (RFC 9651 section 3.3.5): base64 between colons.
const keyOf = ({ partition }: State) =>
  partition === undefined ? "" : `;pk=:${btoa(String.fromCharCode(...new TextEncoder().encode(partition)))}:`

/** The two headers; none if there is no state to report. */
export const headersOf = (states: ReadonlyArray<State>): Readonly<Record<string, string>> =>
  states.length === 0
    ? {}
    : {
        "ratelimit-policy": states
          .map((state) => `"${state.name}";q=${state.quota};w=${state.window}${keyOf(state)}`)
          .join(", "),
        ratelimit: states
          .map((state) => `"${state.name}";r=${state.remaining};t=${state.reset}${keyOf(state)}`)
          .join(", "),
      }

/** Counts requests by policy and partition. */
export interface Quotas {
  /**
   * Takes one request (at `now`, epoch ms) from each quota that it falls under. If one of them is spent, it takes from
   * none and the request is `exceeded`: a refused request does not cost.
   */
  take(
    policies: ReadonlyArray<Policy>,
    partitions: Partitions,
    now: number,
  ): { readonly states: ReadonlyArray<State>; readonly exceeded: boolean }
}

/** Makes quotas of which nothing is taken yet. */
export const make = (): Quotas => {
  const counts = new Map<string, { window: number; taken: number }>()
  return {
    take: (policies, partitions, now) => {
      const counted = policies.flatMap((policy) => {
        const partition = partitions[policy.per]
        if (partition === undefined) return []
        const key = JSON.stringify([policy.name, policy.per, partition])
        const window = Math.floor(now / (policy.window * 1000))
        const known = counts.get(key)
        const count = known?.window === window ? known : { window, taken: 0 }
        counts.set(key, count)
        return [{ policy, partition, count, ends: (window + 1) * policy.window * 1000 }]
      })
      const exceeded = counted.some(({ policy, count }) => count.taken >= policy.quota)
      if (!exceeded) for (const { count } of counted) count.taken++
      const states = counted.map(({ policy, partition, count, ends }) => ({
        name: policy.name,
        quota: policy.quota,
        window: policy.window,
        remaining: Math.max(0, policy.quota - count.taken),
        reset: Math.ceil((ends - now) / 1000),
        partition,
      }))
      return { states, exceeded }
    },
  }
}
