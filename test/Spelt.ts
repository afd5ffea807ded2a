/** Where code spells a word: as a whole text, or as a key of an object or of a type. Comments, and words within a text, do not count. */
import { parseAst } from "vitest/node"

interface Node {
  readonly type: string
  readonly start: number
  readonly [key: string]: unknown
}

const isNode = (value: unknown): value is Node =>
  typeof value === "object" && value !== null && "type" in value && typeof value.type === "string"

/** What a node says by itself, if it is a text. */
const textOf = ({ quasi, type, value }: Node): unknown => {
  if (type === "Literal") return value
  if (type !== "TemplateElement") return undefined
  return quasi ?? (value as { readonly cooked?: string }).cooked
}

/** What a node names as a key without quotes, if it is a property or a field. */
const keyOf = ({ computed, key }: Node): Node | undefined =>
  isNode(key) && key.type === "Identifier" && computed !== true ? key : undefined

/** The words that are spelt in some code, each with its line. */
export const spelt = (
  file: string,
  code: string,
  words: ReadonlySet<string>,
): ReadonlyArray<{ readonly word: string; readonly line: number; readonly isKey: boolean }> => {
  const found: Array<{ word: string; line: number; isKey: boolean }> = []
  const add = (word: unknown, { start }: Node, isKey: boolean) => {
    if (typeof word === "string" && words.has(word)) {
      found.push({ word, line: code.slice(0, start).split("\n").length, isKey })
    }
  }
  const visit = (value: unknown): void => {
    if (Array.isArray(value)) value.forEach(visit)
    else if (isNode(value)) {
      add(textOf(value), value, false)
      const key = keyOf(value)
      if (key) add(key.name, key, true)
      Object.values(value).forEach(visit)
    }
  }
  visit(parseAst(code, { lang: file.endsWith("x") ? "tsx" : "ts" }, file))
  return found
}
