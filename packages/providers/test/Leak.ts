/** Looks for secrets in everything that can be got out of a value. */
import { inspect } from "node:util"

/** Every text that a value gives away: by JSON, by `util.inspect`, by its own properties, however deep. */
const textsOf = (root: unknown): string => {
  const seen = new Set<unknown>()
  const texts: Array<string> = []
  const walk = (value: unknown) => {
    if (typeof value === "string") texts.push(value)
    if (value instanceof Uint8Array) texts.push(new TextDecoder().decode(value))
    if ((typeof value !== "object" && typeof value !== "function") || value === null || seen.has(value)) return
    seen.add(value)
    if (value instanceof Map) for (const [key, held] of value) [key, held].forEach(walk)
    if (value instanceof Set) for (const held of value) walk(held)
    if (value instanceof Error) walk([value.message, value.stack, String(value)])
    for (const key of Reflect.ownKeys(value)) {
      walk(key)
      walk(Object.getOwnPropertyDescriptor(value, key)?.value)
    }
  }
  walk(root)
  texts.push(inspect(root, { depth: 20, showHidden: true }))
  try {
    texts.push(JSON.stringify(root) ?? "")
  } catch {
    // A circle has no JSON.
  }
  return texts.join("\n")
}

/** The secrets that a value gives away, also as base64 and form-encoded. */
export const leaked = (root: unknown, secrets: ReadonlyArray<string>): ReadonlyArray<string> => {
  const text = textsOf(root)
  return secrets.filter((secret) =>
    [secret, btoa(secret), encodeURIComponent(secret)].some((form) => text.includes(form)),
  )
}
