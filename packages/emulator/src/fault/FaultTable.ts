/**
 * The rules that are armed, and how often each has hit.
 *
 * An exchange is hit by the first armed rule that fits, and also by every ambient one (`delay`, `wrong_clock`). So a list of rules is
 * a script: after the first has hit its `times`, the second is next. An exchange that a rule takes, or skips because of its `skip`,
 * does not count for later rules.
 */
import * as Effect from "effect/Effect"
import type { GrantName, ProviderName } from "../exchange/Journal.ts"
import { ambient, decodeRules, type Fault, ofTokens, type Rule } from "./Fault.ts"

/** Arms and disarms faults. */
export interface Faults {
  /**
   * Arms rules behind those that are armed. `hits` is how many exchanges these rules have hit so far; `disarm` removes them. A rule
   * that `decodeRules` would refuse is a defect.
   */
  readonly arm: (rules: Rule | ReadonlyArray<Rule>) => Effect.Effect<{
    readonly disarm: Effect.Effect<void>
    readonly hits: Effect.Effect<number>
  }>
  /** Disarms every rule. Exchanges that are hit already stay so. */
  readonly clear: Effect.Effect<void>
  /** Every rule until it is disarmed, including those that are used up (at most the latest 100 of these). */
  readonly armed: Effect.Effect<ReadonlyArray<ArmedRule>>
}

/** A rule, and how many exchanges it has hit. */
interface ArmedRule extends Rule {
  readonly hits: number
}

/** What is known about a request. */
interface Target {
  readonly provider: ProviderName
  readonly path: string
  /** Whether tokens are issued there. */
  readonly issues: boolean
  readonly grant?: GrantName | undefined
}

/** The faults that hit one exchange. */
interface Strike {
  /** What happens to the answer. */
  readonly fault?: Fault
  /** How much later it comes, ms. */
  readonly delay: number
  /** How far ahead the server's clock is, ms. */
  readonly ahead: number
  /** Names of all of them, joined by `+`; absent without any. */
  readonly name?: string
  /** Undoes the hit of `fault`, because there was nothing to spoil. */
  readonly miss: () => Strike
}

/** The table as the emulator uses it. */
export interface FaultTable extends Faults {
  /** Whether a connection that was just accepted is hit. */
  onAccept(): boolean
  /** Whether a request is hit after its head is known and before its body is read. */
  onHead(target: Target): boolean
  /** The faults that hit a request that was read to its end. */
  onRequest(target: Target): Strike
}

interface Entry {
  readonly rule: Rule
  readonly times: number
  skipped: number
  hits: number
}

const spentKept = 100

const isSpent = ({ hits, times }: Entry) => hits >= times

/** Makes a table with no rule in it. `decode` checks the rules. */
export const make = (decode = decodeRules): FaultTable => {
  const entries = new Set<Entry>()

  const isPast = (entry: Entry) => {
    if (entry.skipped >= (entry.rule.skip ?? 0)) return true
    entry.skipped++
    return false
  }

  const forgetSpent = () => {
    const spent = [...entries].filter(isSpent)
    for (const entry of spent.slice(0, Math.max(0, spent.length - spentKept))) entries.delete(entry)
  }

  const onAccept = () => {
    for (const entry of entries) {
      if (isSpent(entry) || entry.rule.fault._tag !== "reset_on_accept" || !isPast(entry)) continue
      entry.hits++
      return true
    }
    return false
  }

  const onHead = (target: Target) => {
    for (const entry of entries) {
      const { rule } = entry
      const { _tag } = rule.fault
      if (isSpent(entry) || _tag === "reset_on_accept" || ambient.has(_tag) || !fits(rule, target)) continue
      if (_tag === "reset_before_read") {
        if (!isPast(entry)) continue
        entry.hits++
        return true
      }
      // An earlier rule that will certainly take this request comes first.
      if (rule.match?.grant === undefined && entry.skipped >= (rule.skip ?? 0)) return false
    }
    return false
  }

  const onRequest = (target: Target): Strike => {
    let taken: Entry | undefined
    let delay = 0
    let ahead = 0
    const names: Array<string> = []
    for (const entry of entries) {
      const { fault } = entry.rule
      const isAmbient = ambient.has(fault._tag)
      if (isSpent(entry) || onConnection.has(fault._tag) || (taken && !isAmbient)) continue
      if (!fits(entry.rule, target) || !isPast(entry)) continue
      entry.hits++
      if (fault._tag === "delay") delay += fault.millis ?? 1000
      if (fault._tag === "wrong_clock") ahead += (fault.seconds ?? 3600) * 1000
      if (isAmbient) names.push(fault._tag)
      else taken = entry
    }
    return strikeOf(taken, { delay, ahead }, names)
  }

  const strikeOf = (
    entry: Entry | undefined,
    around: Pick<Strike, "delay" | "ahead">,
    names: ReadonlyArray<string>,
  ): Strike => {
    const all = entry ? [...names, entry.rule.fault._tag] : names
    return {
      ...around,
      ...(entry && { fault: entry.rule.fault }),
      ...(all.length > 0 && { name: all.join("+") }),
      miss: () => {
        if (entry) entry.hits--
        return strikeOf(undefined, around, names)
      },
    }
  }

  return {
    onAccept,
    onHead,
    onRequest,
    arm: (rules) =>
      Effect.gen(function* () {
        const armed = (yield* Effect.orDie(decode(rules))).map(
          (rule): Entry => ({ rule, times: timesOf(rule), skipped: 0, hits: 0 }),
        )
        forgetSpent()
        for (const entry of armed) entries.add(entry)
        return {
          disarm: Effect.sync(() => {
            for (const entry of armed) entries.delete(entry)
          }),
          hits: Effect.sync(() => armed.reduce((hits, entry) => hits + entry.hits, 0)),
        }
      }),
    clear: Effect.sync(() => entries.clear()),
    armed: Effect.sync(() => [...entries].map(({ rule, hits }) => ({ ...rule, hits }))),
  }
}

const onConnection = new Set(["reset_on_accept", "reset_before_read"])

const timesOf = ({ times, fault }: Rule) => {
  if (times === undefined) return fault._tag === "wrong_clock" ? Number.POSITIVE_INFINITY : 1
  return times === "always" ? Number.POSITIVE_INFINITY : times
}

const fits = ({ fault, match = {} }: Rule, { provider, path, issues, grant }: Target) =>
  (issues || !ofTokens.has(fault._tag)) &&
  (match.provider === undefined || match.provider === provider) &&
  (match.path === undefined || covers(match.path, path)) &&
  (match.grant === undefined || match.grant === grant)

const covers = (pattern: string, path: string) =>
  pattern.endsWith("/*") ? path.startsWith(pattern.slice(0, -1)) : withoutSlash(pattern) === withoutSlash(path)

const withoutSlash = (path: string) => path.replace(/(?<=.)\/$/, "")
