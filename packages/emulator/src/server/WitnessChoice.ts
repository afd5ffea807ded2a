/** Which vendors a process plays beside those that are always there, by its command line. */
import * as Effect from "effect/Effect"
import type { AnyWitness } from "../exchange/Witness.ts"
import { residents } from "../residents/Residents.ts"
import { StartError } from "./Server.ts"
import * as WitnessFile from "./WitnessFile.ts"
import { modules } from "./WitnessModules.ts"

/** What a command line says. */
export interface Choice {
  /** The id of the one that plays alone. */
  readonly vendor?: string | undefined
  /** The files of witnesses, each by an explicit path. */
  readonly files?: ReadonlyArray<string> | undefined
}

const known: ReadonlyArray<AnyWitness> = modules.map(({ witness }) => witness)

/** The ids that `vendor` may name, beside those of files. */
export const ids: ReadonlyArray<string> = known.map(({ id }) => id)

/** This machine's names. */
const here: ReadonlyArray<string> = ["127.0.0.1", "localhost"]

/**
 * The witnesses to play. Each answers at `/@id`. One of them is alone at its vendor's own paths on this machine: the one that `vendor`
 * names, or the only file's if it names none. A file's witness goes before one of ours with its id. Fails as `StartError`, in one line.
 */
export const witnessesOf: (choice: Choice) => Effect.Effect<ReadonlyArray<AnyWitness>, StartError> = Effect.fnUntraced(
  function* ({ files = [], vendor }: Choice) {
    const taken = new Set(residents.map(({ id }) => id))
    const own: Array<AnyWitness> = []
    for (const path of files) {
      const witness = yield* WitnessFile.load(path)
      if (taken.has(witness.id)) {
        const message = `Witness file ${path}: the id ${witness.id} is taken. Give its witness and its provider another one.`
        return yield* new StartError({ message })
      }
      taken.add(witness.id)
      own.push(witness)
    }
    const alone = vendor ?? (own.length === 1 ? own[0]?.id : undefined)
    const all = [...own, ...known.filter(({ id }) => id === alone && !taken.has(id))]
    if (vendor !== undefined && !all.some(({ id }) => id === vendor)) {
      const those = new Set([...ids, ...own.map(({ id }) => id)])
      return yield* new StartError({ message: `--vendor takes one of ${[...those].join(", ")}` })
    }
    if (alone === undefined) return all
    return all.map((one) => {
      // A file may name this machine itself. The one that is alone has it alone.
      const elsewhere = (one.hosts ?? []).filter((host) => !here.includes(host))
      return { ...one, hosts: one.id === alone ? [...elsewhere, ...here] : elsewhere }
    })
  },
)
