/** Looks for secrets in everything that can be got out of a value. */
import { inspect } from "node:util"

/** Methods and getters of the language itself have nothing of ours. */
const builtIn = new Set<unknown>(
  [Object, Function, Array, Map, Set, Promise, Error, String, Number, RegExp, Date, Symbol, WeakMap, URL].map(
    (type) => type.prototype,
  ),
)

/**
 * Every text that a value gives away: by its own properties with symbols and hidden ones, by the getters of its prototypes,
 * by the entries of its collections, by its bytes, its JSON, its text, and `util.inspect` with nothing held back.
 */
export const textsOf = (root: unknown): string => {
  const seen = new Set<unknown>()
  const texts: Array<string> = []
  const said = (say: () => unknown) => {
    try {
      const text = say()
      if (typeof text === "string") texts.push(text)
    } catch {
      // It says nothing.
    }
  }
  const queue: Array<unknown> = [root]
  for (let value = queue.pop(); queue.length > 0 || value !== undefined; value = queue.pop()) {
    if (typeof value === "string") texts.push(value)
    if (typeof value === "symbol") texts.push(value.description ?? "")
    if ((typeof value !== "object" && typeof value !== "function") || value === null || seen.has(value)) continue
    seen.add(value)
    if (value instanceof Uint8Array) texts.push(new TextDecoder().decode(value))
    if (value instanceof URLSearchParams || value instanceof URL) texts.push(value.toString())
    if (value instanceof Headers) queue.push([...value])
    if (value instanceof Map) queue.push(...value.keys(), ...value.values())
    if (value instanceof Set) queue.push(...value)
    if (value instanceof Error) {
      said(() => value.message)
      said(() => value.stack)
    }
    said(() => String(value))
    // Each by itself, as all of them are visited: from the root without end a chart's graph would be printed once per path.
    said(() => inspect(value, { depth: 0, showHidden: true, maxStringLength: null, maxArrayLength: null }))
    for (let holder: object | null = value; holder !== null; holder = Object.getPrototypeOf(holder)) {
      if (holder !== value && builtIn.has(holder)) break
      for (const key of Reflect.ownKeys(holder)) {
        const found = Object.getOwnPropertyDescriptor(holder, key)
        queue.push(key, found?.value)
        if (found?.get === undefined) continue
        try {
          const got: unknown = Reflect.apply(found.get, value, [])
          if (got instanceof Promise) got.catch(() => {})
          queue.push(got)
        } catch {
          // A getter that is not for this object.
        }
      }
    }
  }
  said(() => JSON.stringify(root))
  return texts.join("\n")
}

/** A secret as it is, as base64, and as it stands in a URL or a form. */
const formsOf = (secret: string): ReadonlySet<string> =>
  new Set([secret, btoa(secret), encodeURIComponent(secret), new URLSearchParams([["", secret]]).toString().slice(1)])

/** The secrets that a value gives away. */
export const leaked = (root: unknown, secrets: Iterable<string>): ReadonlyArray<string> => {
  const text = textsOf(root)
  const forms = [...secrets].flatMap((secret) => [...formsOf(secret)].map((form) => [form, secret] as const))
  return [...new Set(forms.flatMap(([form, secret]) => (text.includes(form) ? [secret] : [])))]
}
