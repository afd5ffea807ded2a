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

/** All mistakes in one line. `root` is the name of the value at the beginning of their paths. */
export const inWords = (issue: SchemaIssue.Issue, root: string): string =>
  format(issue)
    .issues.map(({ path = [], message }) => `${pathInWords(path, root)}: ${message}`)
    .join("; ")

const pathInWords = (path: ReadonlyArray<unknown>, root: string): string =>
  path.reduce<string>((text, key) => text + (typeof key === "number" ? `[${key}]` : `.${String(key)}`), root)
