/**
 * What is wrong with a JSON value, in words: the path of each wrong field and what was expected there, never the value.
 */
import * as SchemaIssue from "effect/SchemaIssue"

const format = SchemaIssue.makeFormatterStandardSchemaV1({
  leafHook: (issue) => {
    if (issue._tag === "UnexpectedKey") return "Unknown field"
    if (issue._tag === "MissingKey") return "Missing field"
    return SchemaIssue.defaultLeafHook(issue)
  },
})

/** A wrong field, and what is expected there. */
export interface Mistake {
  /** From the whole value to the field. */
  readonly path: ReadonlyArray<PropertyKey>
  /** What is expected, in words. */
  readonly issue: string
}

/** All mistakes. */
export const mistakesIn = (issue: SchemaIssue.Issue): ReadonlyArray<Mistake> =>
  format(issue).issues.map(({ path = [], message }) => ({
    path: path as ReadonlyArray<PropertyKey>,
    issue: message,
  }))

/** All mistakes in one line. `root` is the name of the value at the beginning of their paths. */
export const inWords = (issue: SchemaIssue.Issue, root: string): string =>
  mistakesIn(issue)
    .map(({ path, issue }) => `${pathInWords(path, root)}: ${issue}`)
    .join("; ")

const pathInWords = (path: ReadonlyArray<unknown>, root: string): string =>
  path.reduce<string>((text, key) => text + (typeof key === "number" ? `[${key}]` : `.${String(key)}`), root)
