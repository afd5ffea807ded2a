/** Recognises the body of a reply. */
import { isObject } from "effect/Predicate"
import type { JsonObject } from "effect/Schema"
import { embeddedObject, jsonOf } from "../json/EmbeddedJson.ts"
import type { Body } from "../refusal/Grammar.ts"

/**
 * Recognises a body by its text: a JSON object, alone or between notices of the server (`EmbeddedJson`). A page may hold objects that
 * do not belong to the reply.
 */
export const bodyOf = (text: string): Body => {
  const trimmed = text.trim()
  if (trimmed === "") return { _tag: "Empty" }
  const whole = jsonOf(trimmed)
  if (whole !== undefined)
    return isObject(whole) ? { _tag: "Json", object: whole as JsonObject } : { _tag: "Text", text: trimmed }
  const markup = trimmed.slice(0, 2_000).search(/<html|<!doctype|<script/i)
  if (markup !== -1 && !trimmed.startsWith("{")) return { _tag: "Html" }
  // A text that begins as a reply is one, even if an intermediary has put its markup after it. Objects in that markup do not count.
  const object = (markup === -1 ? undefined : embeddedObject(trimmed.slice(0, markup))) ?? embeddedObject(trimmed)
  if (object !== undefined) return { _tag: "Json", object }
  return trimmed.startsWith("<") || markup !== -1 ? { _tag: "Html" } : { _tag: "Text", text: trimmed }
}
