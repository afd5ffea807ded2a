/**
 * The emulated world as a value: its accounts and clients, their secrets, and how each vendor behaves.
 *
 * A world is plain JSON. What a page prints is the default. What no page says had to be chosen and is marked `invented`. Each vendor
 * that is always there has its part in a file of its own; `fixtures/` holds the samples of their pages.
 */
import * as Effect from "effect/Effect"
import * as Schema from "effect/Schema"
import { inWords } from "../exchange/Mistake.ts"
import { type AnySection, isRecord, reading, secretFields, sectionToShow } from "../exchange/Section.ts"
import { BasicEncoding, RateLimits, RefusalStyle, Rotation } from "../exchange/WorldFields.ts"
import * as Residents from "../residents/Residents.ts"

export { BasicEncoding, RateLimits, RefusalStyle, Rotation }

/** The schema of a world: a part for each vendor that is always there. */
export const World = Schema.Struct(Residents.forms)
/** Everything that the emulator knows beforehand. All lives are in seconds. */
export type World = Residents.Worlds & {
  /** The worlds of the witnesses that the emulator was given, by id. */
  readonly witnesses?: Readonly<Record<string, unknown>>
}

/** The parts of a world that differ from another. A list replaces the whole list. */
export type WorldInput = Part<World>
type Part<A> = A extends ReadonlyArray<unknown> ? A : A extends object ? { readonly [K in keyof A]?: Part<A[K]> } : A

/** The world of the vendors' pages. What no page prints is marked `invented`. */
export const defaultWorld: World = Residents.defaults

/** The error for a wrong world. The message names the path of each wrong field, and never a value. */
export class WorldError extends Schema.TaggedError<WorldError>()("WorldError", {
  /** The path of each wrong field and what is expected there, in one line. */
  message: Schema.String,
}) {}

/**
 * Reads a world from JSON. `base` fills what it leaves out, or else the default world; a list replaces the whole list. An unknown
 * field is refused, so that a misspelt one does not pass for the default. `sections` are the given witnesses; each has its world in
 * `witnesses`, by its id.
 */
export const decodeWorld = (
  json: unknown,
  base: World = defaultWorld,
  sections: ReadonlyArray<AnySection> = [],
): Effect.Effect<World, WorldError> =>
  Effect.suspend(() => {
    const witnesses: Record<string, unknown> = {}
    return Schema.decodeUnknownEffect(formOf(sections, witnesses))(over(withSections(base, sections), json), {
      errors: "all",
      onExcessProperty: "error",
    }).pipe(
      Effect.map((world) => (sections.length === 0 ? world : { ...world, witnesses })),
      Effect.mapError((error) => new WorldError({ message: inWords(error.issue, "world") })),
    )
  })

/** The schema of a world with these sections. Each reads its own part, and puts it into `witnesses`. */
const formOf = (
  sections: ReadonlyArray<AnySection>,
  witnesses: Record<string, unknown>,
): Schema.ConstraintDecoder<World> => {
  if (sections.length === 0) return World
  const parts = sections.map((section) => {
    const part = Schema.makeFilter((json) => {
      const found = section.read?.(json) ?? reading(section.world, json)
      if ("mistakes" in found) return found.mistakes
      witnesses[section.id] = found.world
      return []
    })
    return [section.id, Schema.Unknown.check(part)]
  })
  return Schema.Struct({ ...World.fields, witnesses: Schema.Struct(Object.fromEntries(parts)) }) as never
}

/** The world, with the default one of each section that it lacks. */
export const withSections = (world: World, sections: ReadonlyArray<AnySection>): World =>
  sections.length === 0
    ? world
    : {
        ...world,
        witnesses: { ...Object.fromEntries(sections.map(({ id, defaults }) => [id, defaults])), ...world.witnesses },
      }

const over = (base: unknown, part: unknown): unknown => {
  if (!isRecord(base) || !isRecord(part)) return part
  const merged = Object.entries(part).map(
    ([key, value]) => [key, key in base ? over(base[key], value) : value] as const,
  )
  return { ...base, ...Object.fromEntries(merged) }
}

/** A world as JSON that you may show: without its passwords, passcodes and client secrets. */
export const withoutSecrets = (world: World, sections: ReadonlyArray<AnySection> = []): unknown => {
  const { witnesses, ...own } = world
  const shown = JSON.parse(JSON.stringify(own, (key, value) => (secretFields.has(key) ? undefined : value)))
  if (!witnesses) return shown
  const others = sections.map((section) => [section.id, sectionToShow(section, witnesses[section.id])] as const)
  return { ...shown, witnesses: Object.fromEntries(others) }
}
