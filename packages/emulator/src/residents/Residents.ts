/**
 * The vendors that are always there: every file beside this one that exports a `witness`. What is there only when it is given lies in
 * `witnesses`.
 *
 * A resident's part of the world has the resident's id as its name, in camel case: that of `acme-voice` is `acmeVoice`.
 */

import type { AnyWitness } from "../exchange/Witness.ts"
import { residents as list } from "./ResidentList.ts"

type Resident = (typeof list)[number]

type CamelCase<Id extends string> = Id extends `${infer First}-${infer Rest}`
  ? `${First}${Capitalize<CamelCase<Rest>>}`
  : Id

/** The worlds of all residents, by the names of their parts. */
export type Worlds = { readonly [W in Resident as CamelCase<W["id"]>]: W["defaults"] }

/** The schemas of their worlds. */
type Forms = { readonly [W in Resident as CamelCase<W["id"]>]: W["world"] }

/** All residents. Where two have one path, the first answers. */
export const residents: ReadonlyArray<AnyWitness> = list

/** The name of a resident's part of the world. */
export const partOf = ({ id }: AnyWitness): keyof Worlds =>
  id.replaceAll(/-(\w)/g, (_, letter: string) => letter.toUpperCase()) as keyof Worlds

const ofEach = <A>(of: (resident: AnyWitness) => A): unknown =>
  Object.fromEntries(residents.map((resident) => [partOf(resident), of(resident)]))

/** The schema of each part of the world. */
export const forms = ofEach(({ world }) => world) as Forms

/** What each knows beforehand. */
export const defaults = ofEach(({ defaults }) => defaults) as Worlds
