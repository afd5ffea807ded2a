/**
 * A vendor of the emulated world as one value: what it knows beforehand, where it answers, and what the journal may show of it.
 *
 * ```ts
 * export const witness = defineWitness({
 *   id: "acme",
 *   world: Schema.Struct({ clients: Schema.Array(Schema.Struct({ id: Schema.String, secret: Schema.String })) }),
 *   defaults: { clients: [{ id: "acme-app", secret: "made-up" }] },
 *   make: (world) => {
 *     const table = TokenTable.make<{ client: string }>(() => TokenTable.randomHex(16))
 *     return { routes: [{ methods: ["POST"], paths: ["/token"], answer: (call) => …, issues: true }], ...table }
 *   },
 * })
 * ```
 *
 * A module that holds one exports it as `witness`. Give it to `Emulator.make({ witnesses })` or `openEmulator({ witnesses })`. It then answers at `/@acme/token` on any host, and at
 * `/token` on its `hosts`, so two vendors with one path do not meet. To answer on another
 * host, give `{ ...witness, hosts: ["127.0.0.1"] }`. It shares no code with the client that it tests.
 */
import type { Route } from "./Exchange.ts"
import { isWitnessId, reading, type Section } from "./Section.ts"

/** What a witness answers with. A `TokenTable` has the last three members, so you can spread it. */
export interface Routes {
  /** The first route that fits a path answers. */
  readonly routes: ReadonlyArray<Route>
  /** Kills all living access tokens early; returns how many. */
  killAccess(now: number): number
  /** Kills all living refresh tokens early; returns how many. */
  killRefresh(now: number): number
  /** Makes an issued token die earlier, at this time (epoch ms). */
  shorten(token: string, at: number): void
}

/** A vendor of the emulated world. `W` is its world, and `Id` its id. */
export interface Witness<W = never, Id extends string = string> extends Section<W> {
  /** As its provider's, such as `acme`. */
  readonly id: Id
  /** Hosts whose requests are for this vendor alone: `api.acme.example`, or `*.acme.example` for each name below. */
  readonly hosts?: ReadonlyArray<string>
  /** Grants that its requests name, beside those of `Journal.grantNames`. */
  readonly grants?: ReadonlyArray<string>
  /** Makes its routes over a world that may change between requests. Its tokens live as long as the emulator. */
  make(world: () => W): Routes
}

/** A witness of whatever world, as `Emulator.make` takes it. */
// biome-ignore lint/suspicious/noExplicitAny: the world's type stands in a parameter and in a result, so no other type holds all of them.
export type AnyWitness = Witness<any>

/**
 * Defines one. Throws a `TypeError` for an id that cannot stand in a path: it is of small letters, digits and `-`, and begins with a
 * letter or a digit.
 */
export const defineWitness = <W, const Id extends string>(witness: Witness<W, Id>): Witness<W, Id> => {
  if (!isWitnessId(witness.id)) {
    throw new TypeError("defineWitness: expected an id of small letters, digits and -, with a letter or a digit first")
  }
  return {
    read(json) {
      return reading(this.world, json)
    },
    ...witness,
  }
}
