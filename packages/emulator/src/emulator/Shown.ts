/**
 * What the journal may show: words that a witness's world shows to anybody. All else is `<redacted>`.
 *
 * A witness may be written by anybody, and may copy a request's text into its finding by mistake. So nothing of a finding gets into the
 * journal unchecked.
 */
import { type Finding, grantNames, type Outcome, outcomes, refusalReasons } from "../exchange/Journal.ts"
import { namesOf } from "../exchange/Section.ts"
import type { Mounted } from "../world/Witnesses.ts"
import type { World } from "../world/World.ts"

export const redacted = "<redacted>"

const known = new WeakMap<World, Map<string, ReadonlySet<string>>>()

/** Every word that a witness's part of the world shows to anybody. */
export const publicWords = (world: World, { witness, worldOf }: Mounted): ReadonlySet<string> => {
  const ofWorld = known.get(world) ?? new Map<string, ReadonlySet<string>>()
  known.set(world, ofWorld)
  const words =
    ofWorld.get(witness.id) ??
    new Set([
      ...grantNames,
      ...(witness.grants ?? []),
      ...["subscriber", "json", "read", "count", "list", "Bearer", "bearer", "mfa_required"],
      ...namesOf(witness, worldOf(world)),
    ])
  ofWorld.set(witness.id, words)
  return words
}

/** What a world showed stays public in the next one: the tokens of an account that is left out may still act. */
export const keepWords = (before: World, after: World, mounted: Mounted): void => {
  const words = new Set([...publicWords(before, mounted), ...publicWords(after, mounted)])
  known.get(after)?.set(mounted.witness.id, words)
}

/** Whether a text is one of the words, or consists of them. */
export const isPublic = (words: ReadonlySet<string>, value: string): boolean =>
  words.has(value) || value.split(" ").every((word) => words.has(word))

const plain: ReadonlySet<string> = new Set<string>([
  ...outcomes,
  ...refusalReasons.map((reason) => `refused: ${reason}`),
  "not carried out",
])

const call = "api call as "

/** A finding without any text that is not public. */
export const findingOf = (finding: Finding, words: ReadonlySet<string>): Finding => {
  const shown = (text: string) => (words.has(text) ? text : redacted)
  const outcome = (text: string): Outcome => {
    if (plain.has(text)) return text as Outcome
    return text.startsWith(call) ? `${call}${shown(text.slice(call.length))}` : "not carried out"
  }
  const { grant, client, account, subject } = finding
  return {
    ...(grant !== undefined && { grant: shown(grant) }),
    ...(client !== undefined && { client: shown(client) }),
    ...(account !== undefined && { account: shown(account) }),
    ...(subject !== undefined && { subject: shown(subject) }),
    outcome: outcome(finding.outcome),
  }
}
