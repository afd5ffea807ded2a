/**
 * Finds the JSON object in a text that holds more than it, such as PHP's notices before or after a reply (`display_errors`).
 *
 * It takes linear time. A wrong start is read only to its first mistake, and at most its last string is read once more.
 */
import { hasProperty } from "effect/Predicate"
import type { JsonObject } from "effect/Schema"

/**
 * A text as JSON, or `undefined`. `JSON.parse` quotes the text in its errors, so its error stops here.
 *
 * @category decoders
 */
export const jsonOf = (text: string): unknown => {
  try {
    return JSON.parse(text)
  } catch {
    return undefined
  }
}

/** One token of JSON (RFC 8259), with the white space before it: punctuation, a string, or another value. */
const token =
  // biome-ignore lint/suspicious/noControlCharactersInRegex: no string of JSON holds one
  /[\t\n\r ]*(?:([{}[\],:])|("[^"\\\u0000-\u001f]*(?:\\(?:["\\/bfnrt]|u[\da-fA-F]{4})[^"\\\u0000-\u001f]*)*")|-?(?:0|[1-9]\d*)(?:\.\d+)?(?:[eE][+-]?\d+)?|true|false|null)/y

/** The fields of a reply. An object beside one with such fields belongs to a notice. */
const speaking = ["access_token", "error", "errcode", "error_description", "code", "message", "msg"]

/** A text with more braces than this is not a reply between notices, and no reply nests deeper than that. */
const mostStarts = 256
const deepest = 64

interface Stretch {
  /** The end of the object; absent if it breaks off. */
  readonly end?: number
  /** Where to look for the next one. */
  readonly next: number
  /** Whether it had a complete member. */
  readonly isBegun: boolean
}

/** Reads an object from its brace to its end, or to its first mistake. */
const stretch = (text: string, start: number): Stretch => {
  const open: Array<string> = []
  /** What may come next: a value, a key, the colon after it, or what follows a value. At first the end may come, too. */
  let expected: "value" | "key" | "colon" | "after" = "value"
  let isFirst = false
  let isBegun = false
  let next = start + 1
  token.lastIndex = start
  while (true) {
    const found = token.exec(text)
    if (found === null) return { next, isBegun }
    const [, mark, string] = found
    const isEnd = (mark === "}" || mark === "]") && (expected === "after" || isFirst) && open.at(-1) === mark
    if (isEnd) {
      open.pop()
      expected = "after"
    } else if (expected === "value" && (mark === "{" || mark === "[") && open.length < deepest) {
      open.push(mark === "{" ? "}" : "]")
      expected = mark === "{" ? "key" : "value"
    } else if (expected === "value" && mark === undefined) expected = "after"
    else if (expected === "key" && string !== undefined) expected = "colon"
    else if (expected === "colon" && mark === ":") expected = "value"
    else if (expected === "after" && mark === ",") expected = open.at(-1) === "}" ? "key" : "value"
    else return { next, isBegun }
    // A brace within a string may begin the object.
    next = string === undefined ? token.lastIndex : token.lastIndex - string.length + 1
    isFirst = mark === "{" || mark === "["
    isBegun ||= expected === "after"
    if (open.length === 0) return { end: token.lastIndex, next: token.lastIndex, isBegun }
  }
}

/**
 * The one JSON object in a text. `undefined` if there is none, or if it is unclear which of several is meant. Of several it takes the
 * one with the fields of a reply, if no other has them and none breaks off.
 *
 * @category decoders
 */
export const embeddedObject = (text: string): JsonObject | undefined => {
  const objects: Array<JsonObject> = []
  let starts = 0
  for (let at = text.indexOf("{"); at !== -1; ) {
    if (++starts > mostStarts) return undefined
    const { end, isBegun, next } = stretch(text, at)
    if (end === undefined && isBegun) return undefined
    if (end !== undefined) objects.push(jsonOf(text.slice(at, end)) as JsonObject)
    at = text.indexOf("{", next)
  }
  const replies = objects.filter((object) => speaking.some((name) => hasProperty(object, name)))
  const [one, ...others] = replies.length > 0 ? replies : objects
  return others.length === 0 ? one : undefined
}
