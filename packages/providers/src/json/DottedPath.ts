/** A place in a JSON object, by the names that lead to it: `data.access_token`. */
import { isObject } from "effect/Predicate"
import type { Json, JsonObject } from "effect/Schema"

/** What is at a dotted path, or `undefined`. It reads own fields alone. */
export const at = (object: JsonObject, path: string): Json | undefined => {
  let value: Json | undefined = object
  for (const name of path.split(".")) {
    value = isObject(value) && Object.hasOwn(value, name) ? (value as JsonObject)[name] : undefined
  }
  return value
}
