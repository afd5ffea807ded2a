/**
 * The part of a world that belongs to one witness, and what of it anybody may see.
 */
import * as Effect from "effect/Effect"
import * as Schema from "effect/Schema"
import { type Mistake, mistakesIn } from "./Mistake.ts"

/** A world that was read, or what is wrong with it. */
export type Reading<W> = { readonly world: W } | { readonly mistakes: ReadonlyArray<Mistake> }

/** The part of a world that belongs to one witness, as `defineWitness` declares it. */
export interface Section<W> {
  /** The vendor's id: small letters, digits and `-`, as `Provider.id` has it. */
  readonly id: string
  /** The form of its world. It is read at once: without a promise, and without a service. */
  readonly world: Schema.ConstraintDecoder<W>
  /** What the vendor's pages print, and what had to be chosen. */
  readonly defaults: W
  /**
   * The words that the journal and `GET /__emulator/world` may show: client ids, accounts, scopes. All other texts are `<redacted>`
   * there. Left out: the texts in fields that are called `id`, `name`, `email`, `extension`, `domain`, `login`, `user`, `username`,
   * `account`, `owner` or `scopes`.
   */
  names?(world: NoInfer<W>): ReadonlyArray<string>
  /**
   * Reads its world from JSON. `defineWitness` adds it. It is of the file that the witness is in: a program with another copy of Effect can
   * call it, and could not read the schema.
   */
  read?(json: unknown): Reading<NoInfer<W>>
}

/** Reads a world from JSON, with all mistakes. An unknown field is one. The schema is of this copy of Effect. */
export const reading = <W>(schema: Schema.ConstraintDecoder<W>, json: unknown): Reading<W> =>
  Schema.decodeUnknownEffect(schema)(json, { errors: "all", onExcessProperty: "error" }).pipe(
    Effect.match({
      onSuccess: (world) => ({ world }),
      onFailure: ({ issue }) => ({ mistakes: mistakesIn(issue) }),
    }),
    Effect.runSync,
  )

/** A section of whatever world. */
// biome-ignore lint/suspicious/noExplicitAny: as `AnyWitness` in `Witness.ts`.
export type AnySection = Section<any>

/** Whether a text can be a witness's id. */
export const isWitnessId = (id: string): boolean => /^[a-z0-9][a-z0-9-]{0,63}$/.test(id)

/** Whether a value is an object with names, and no list. */
export const isRecord = (value: unknown): value is Record<string, unknown> =>
  typeof value === "object" && value !== null && !Array.isArray(value)

/** The fields of a world that nobody may see. */
export const secretFields: ReadonlySet<string> = new Set(["secret", "password", "passcode"])

/** Every text of a world but those in secret fields. */
export const wordsOf = (value: unknown): ReadonlyArray<string> => {
  if (typeof value === "string") return [value]
  if (typeof value !== "object" || value === null) return []
  return Object.entries(value).flatMap(([key, part]) => (secretFields.has(key) ? [] : wordsOf(part)))
}

/** Fields that name somebody. */
const naming: ReadonlySet<string> = new Set(
  "id name email extension domain login user username account owner scopes".split(" "),
)

const namesIn = (value: unknown, isName = false): ReadonlyArray<string> => {
  if (typeof value === "string") return isName ? [value] : []
  if (Array.isArray(value)) return value.flatMap((one) => namesIn(one, isName))
  return isRecord(value) ? Object.entries(value).flatMap(([key, part]) => namesIn(part, naming.has(key))) : []
}

/** The words of a section that anybody may see. */
export const namesOf = (section: AnySection, world: unknown): ReadonlyArray<string> =>
  section.names?.(world) ?? namesIn(world)

/** A witness's world as JSON that you may show. A record's key can be a secret too, so only the form's own fields are shown. */
export const sectionToShow = (section: AnySection, world: unknown): unknown => {
  const names = new Set(namesOf(section, world))
  const fields = fieldsIn(section.world.ast)
  const shown = (value: unknown): unknown => {
    if (typeof value === "string") return names.has(value) ? value : "<redacted>"
    if (Array.isArray(value)) return value.map(shown)
    if (!isRecord(value)) return value
    const entries = Object.entries(value).filter(([key]) => !secretFields.has(key))
    return Object.fromEntries(entries.map(([key, part]) => [fields.has(key) ? key : "<other>", shown(part)]))
  }
  return shown(world)
}

/** The names of all fields that a schema has, however deep. */
const fieldsIn = (ast: unknown, seen = new Set<unknown>(), names = new Set<string>()): ReadonlySet<string> => {
  if (typeof ast !== "object" || ast === null || seen.has(ast)) return names
  seen.add(ast)
  const node = ast as Readonly<Record<string, unknown>> & {
    readonly propertySignatures?: ReadonlyArray<{ name: unknown }>
  }
  for (const { name } of node.propertySignatures ?? []) names.add(String(name))
  for (const child of ["propertySignatures", "indexSignatures", "type", "types", "elements", "rest"]) {
    for (const part of [node[child]].flat()) fieldsIn(part, seen, names)
  }
  return names
}
