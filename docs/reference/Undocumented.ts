/**
 * What the API reference could say nothing about: modules, exports and members without a docstring.
 */
import type ts from "typescript-api"
import { type Declaration, declarationsOf, sourceOf } from "./Declaration.ts"
import * as Docstring from "./Docstring.ts"
import { type PublicModule, publicModules } from "./PublicModule.ts"

/** How many things there are, and where those without words stand. */
export interface Count {
  readonly modules: number
  readonly exports: number
  readonly members: number
  /** `packages/session/src/Session.ts:40 BearerSource.view`, each once. */
  readonly undocumented: ReadonlyArray<string>
}

const silent = (doc: Docstring.Docstring | undefined) => doc === undefined || doc.text === ""

const place = (source: ts.SourceFile, file: string, node: ts.Node) =>
  `${file}:${source.getLineAndCharacterOfPosition(node.getStart(source)).line + 1}`

const ofDeclaration = ({ doc, file, members, name, node, source }: Declaration): ReadonlyArray<string> => [
  ...(silent(doc) ? [`${place(source, file, node)} ${name}`] : []),
  ...members
    .filter((member) => silent(member.doc))
    .map(({ node, path }) => `${place(source, file, node)} ${name}.${path}`),
]

/** Counts these modules; all public ones, if you name none. */
export const count = (modules: ReadonlyArray<PublicModule> = publicModules()): Count => {
  const exported = modules.map(({ file }) => declarationsOf(file).filter(({ doc }) => doc?.internal !== true))
  const all = exported.flat()
  const silentModules = modules.filter(({ file }) => silent(Docstring.ofModule(sourceOf(file))))
  return {
    modules: modules.length,
    exports: all.length,
    members: all.reduce((sum, { members }) => sum + members.length, 0),
    undocumented: [
      ...new Set([...silentModules.map(({ file }) => `${file}:1 (the module)`), ...all.flatMap(ofDeclaration)]),
    ],
  }
}
