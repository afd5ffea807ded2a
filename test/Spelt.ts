/** Where code spells a word: in a text, in a pattern, or as a key of an object or of a type. Comments and the names of modules do not count. */
import { parseAst } from "vitest/node"

interface Node {
  readonly type: string
  readonly start: number
  readonly [key: string]: unknown
}

const isNode = (value: unknown): value is Node =>
  typeof value === "object" && value !== null && "type" in value && typeof value.type === "string"

/** What a node says by itself, if it is a text or a pattern. */
const textOf = ({ quasi, regex, type, value }: Node): unknown => {
  if (type === "Literal") return (regex as { readonly pattern: string } | undefined)?.pattern ?? value
  if (type === "JSXText") return value
  if (type !== "TemplateElement") return undefined
  return quasi ?? (value as { readonly cooked?: string }).cooked
}

/** What a node names as a key without quotes, if it is a property or a field. */
const keyOf = ({ computed, key }: Node): Node | undefined =>
  isNode(key) && key.type === "Identifier" && computed !== true ? key : undefined

/** A word that is spelt. */
export interface Spelt {
  readonly word: string
  /** The whole text in which it stands. */
  readonly text: string
  readonly line: number
  readonly isKey: boolean
}

/**
 * The words that are spelt in some code. A word that is joined to others by `-`, `_` or a dot is another word: `ipex-password` is a
 * password, `pbx.skyswitch.com` a host, and `sangoma-cx.ts` a file.
 */
export const spelt = (file: string, code: string, words: ReadonlySet<string>): ReadonlyArray<Spelt> => {
  const found: Array<Spelt> = []
  const word = new RegExp(`(?<![\\w-]|\\w\\.)(?:${[...words].join("|")})(?![\\w-]|\\.\\w)`, "g")
  const add = (text: unknown, { start }: Node, isKey: boolean) => {
    if (typeof text !== "string") return
    for (const [one] of text.matchAll(word)) {
      found.push({ word: one, text, line: code.slice(0, start).split("\n").length, isKey })
    }
  }
  const visit = (value: unknown): void => {
    if (Array.isArray(value)) value.forEach(visit)
    else if (isNode(value)) {
      add(textOf(value), value, false)
      const key = keyOf(value)
      if (key) add(key.name, key, true)
      // `source` is what an import names: a module, or a file of fixtures.
      for (const [name, child] of Object.entries(value)) if (name !== "source") visit(child)
    }
  }
  visit(parseAst(code, { lang: file.endsWith("x") ? "tsx" : "ts" }, file))
  return found
}
