/**
 * What the API reference could say nothing about: modules, exports and members without a docstring.
 */
import type ts from "typescript-api"
import { declarationsOf } from "./Declaration.ts"
import * as Docstring from "./Docstring.ts"
import { membersOf } from "./Member.ts"
import { type PublicModule, publicModules } from "./PublicModule.ts"
import { placeOf, sourceOf } from "./Source.ts"

/** How many things there are, and where those without words stand. */
export interface Count {
  readonly modules: number
  readonly exports: number
  readonly members: number
  /** `packages/session/src/Session.ts:40 BearerSource.view`, each once. */
  readonly undocumented: ReadonlyArray<string>
}

interface Thing {
  readonly name: string
  readonly node: ts.Node
  readonly doc: Docstring.Docstring | undefined
}

/** Counts these modules; all public ones, if you name none. */
export const count = (modules: ReadonlyArray<Pick<PublicModule, "file">> = publicModules()): Count => {
  const files = modules.map(({ file }): Thing => {
    const source = sourceOf(file)
    return { name: "(the module)", node: source, doc: Docstring.ofModule(source) }
  })
  const exports = modules.flatMap(declarationsOf)
  const members = exports.flatMap((one) =>
    membersOf(one).map(({ path, node, doc }): Thing => ({ name: `${one.name}.${path}`, node, doc })),
  )
  const silent = [...files, ...exports, ...members].filter(({ doc }) => doc === undefined || doc.text === "")
  const lines = silent.map(({ name, node }) => {
    const { file, line } = placeOf(node)
    return `${file}:${line} ${name}`
  })
  return {
    modules: modules.length,
    exports: exports.length,
    members: members.length,
    undocumented: [...new Set(lines)].sort(),
  }
}
