/** Refuses a field that nobody reads, in the types: a name that is misspelt would otherwise be ignored. */

declare const misspelt: unique symbol

/** The type of a field that a description does not have. The compiler names it, and no value has it. */
export interface NoSuchField<Name> {
  readonly [misspelt]: Name
}

/** What has no fields of its own to look at. */
type Leaf =
  | ((...args: never) => unknown)
  | Iterable<unknown>
  | RegExp
  | bigint
  | boolean
  | null
  | number
  | symbol
  | undefined

type KeysOf<S> = S extends unknown ? keyof S : never
type At<S, K> = S extends unknown ? (K extends keyof S ? S[K] : never) : never

/**
 * The type `T`, in which each field that the shape `S` does not have, at any depth, has the type `NoSuchField`. TypeScript itself compares
 * the names only where it does not infer the type from the value.
 */
export type OnlyKnown<T, S> =
  T extends ReadonlyArray<unknown>
    ? { readonly [I in keyof T]: OnlyKnown<T[I], At<Extract<S, ReadonlyArray<unknown>>, number>> }
    : T extends Leaf
      ? unknown
      : {
          readonly [K in keyof T]: K extends KeysOf<S> ? OnlyKnown<T[K], At<S, K>> : NoSuchField<K>
        }
