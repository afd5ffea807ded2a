/**
 * What an app holds of a session, as light as it can be: a hundred thousand may be held at once.
 *
 * A face is a few pointers. Its members are getters that all faces of a kind share, and what they give is made when it is first
 * read. They are the object's own nevertheless, and not its prototype's: so it has the members of its kind and no others, and to
 * take it apart or to spread it is to read them.
 */

/**
 * How the members of a face are made, from whom it is the face of, and where that one stands.
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
  /** No other part has it. */
  readonly number: number
  readonly members: PropertyDescriptorMap
}

/**
 * @category models
 */
export class Face<Of extends object, By extends object> {
  readonly #of: Of
  readonly #by: By
  /** What was read. */
  #made: { [name: string | symbol]: unknown } | undefined

  constructor(of: Of, by: By, parts: ReadonlyArray<Part | false>) {
    this.#of = of
    this.#by = by
    Object.defineProperties(this, kindOf(parts))
    // Whatever wraps objects from within, such as Vue's `ref`, leaves this one as it is.
    Object.preventExtensions(this)
  }

  static read(face: Face<object, object>, name: string | symbol, make: Table<object, object>[string]): unknown {
    face.#made ??= {}
    face.#made[name] ??= make(face.#of, face.#by)
    return face.#made[name]
  }

  /** Of whom something is the face; `undefined` when it is none. */
  static of(held: unknown): object | undefined {
    return isObject(held) && #of in held ? held.#of : undefined
  }

  /** Where the one stands of whom something is the face. */
  static by(held: unknown): object | undefined {
    return isObject(held) && #by in held ? held.#by : undefined
  }
}

const isObject = (u: unknown): u is object => typeof u === "object" && u !== null

let parts = 0

/**
 * A part of one kind of faces or of several. It is made once, not for each face.
 *
 * @category constructors
 */
export const part = <Of extends object, By extends object>(table: Table<Of, By>): Part => ({
  number: ++parts,
  members: Object.fromEntries(
    // The symbols too, such as that of `await using`.
    Reflect.ownKeys(table).map((name) => {
      const make = table[name] as Table<object, object>[string]
      return [
        name,
        {
          enumerable: true,
          get(this: Face<object, object>) {
            return Face.read(this, name, make)
          },
        },
      ]
    }),
  ),
})

/** The members of each kind, once for all faces of the kind: so the engine has one shape for them. */
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
