/**
 * The object that an app holds for a session. It is as light as possible: an app may hold a hundred thousand.
 *
 * A face is a few pointers. Its members are getters that all faces of a kind share; what they return is made when it is read.
 * Yet they are the object's own properties, not its prototype's. So a face has the members of its kind and no others, and you can
 * destructure and spread it.
 */

/**
 * How the members of a face are made, from its session and from that session's context.
 *
 * @category models
 */
export type Table<Of, By> = { readonly [name: string | symbol]: (of: Of, by: By) => unknown }

/**
 * Members that a kind of faces has.
 *
 * @category models
 */
export interface Part {
  /** Keeps the type distinct from other parts. */
  readonly number: number
  readonly members: PropertyDescriptorMap
}

/** The members that were read of a face. */
type Members = { [name: string | symbol]: unknown }

/**
 * @category models
 */
export class Face<Of extends object, By extends object> {
  readonly #of: Of
  readonly #by: By
  /** The members that were read. */
  #made: Members | undefined

  constructor(of: Of, by: By, parts: ReadonlyArray<Part | false>) {
    this.#of = of
    this.#by = by
    Object.defineProperties(this, kindOf(parts))
    // A library that wraps objects deeply, such as Vue's `ref`, leaves this one as it is.
    Object.preventExtensions(this)
  }

  static read(
    face: Face<object, object>,
    name: string | symbol,
    make: Table<object, object>[string],
    isKept: boolean,
  ): unknown {
    if (!isKept) return make(face.#of, face.#by)
    face.#made ??= {}
    face.#made[name] ??= make(face.#of, face.#by)
    return face.#made[name]
  }

  /** The session behind a face; `undefined` for anything else. */
  static of(held: unknown): object | undefined {
    return isObject(held) && #of in held ? held.#of : undefined
  }

  /** The context of the session behind a face. */
  static by(held: unknown): object | undefined {
    return isObject(held) && #by in held ? held.#by : undefined
  }
}

const isObject = (u: unknown): u is object => typeof u === "object" && u !== null

let parts = 0

/**
 * A part of one kind of faces or of several. Made once, not for each face.
 *
 * A face keeps a member once it is read. If `isKept` is false, it is made at each read: a member that is about as small as what would
 * keep it, and is read of every face, then weighs nothing.
 *
 * @category constructors
 */
export const part = <Of extends object, By extends object>(table: Table<Of, By>, isKept = true): Part => ({
  number: ++parts,
  members: Object.fromEntries(
    // Symbols too, such as that of `await using`.
    Reflect.ownKeys(table).map((name) => {
      const make = table[name] as Table<object, object>[string]
      return [
        name,
        {
          enumerable: true,
          get(this: Face<object, object>) {
            return Face.read(this, name, make, isKept)
          },
        },
      ]
    }),
  ),
})

/** The members of each kind, once for all faces of the kind, so the engine has one shape for them. */
const kinds = new Map<string, PropertyDescriptorMap>()

const kindOf = (of: ReadonlyArray<Part | false>): PropertyDescriptorMap => {
  const name = of.map((one) => (one === false ? "" : one.number)).join()
  const known = kinds.get(name)
  if (known !== undefined) return known
  const kind: PropertyDescriptorMap = {}
  for (const one of of) if (one !== false) Object.assign(kind, one.members)
  kinds.set(name, kind)
  return kind
}
