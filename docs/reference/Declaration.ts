/**
 * What the public modules export: each name with its docstring and where it is written.
 */
import ts from "typescript-api"
import * as Docstring from "./Docstring.ts"
import { type PublicModule, publicModules } from "./PublicModule.ts"
import { declaredBy, has, resolve, sourceOf, statementOf, type Top } from "./Source.ts"

/** One export of a module. A type and a value of one name are two declarations. */
export interface Declaration {
  readonly name: string
  readonly node: Top
  readonly doc: Docstring.Docstring | undefined
}

const made = new Map<string, ReadonlyArray<Declaration>>()

/**
 * The exports of a module, those included that it hands on from another file of ours. What is marked `@internal` is exported for a
 * neighbour and left out.
 */
export const declarationsOf = ({ file }: Pick<PublicModule, "file">): ReadonlyArray<Declaration> => {
  const known = made.get(file)
  if (known !== undefined) return known
  const all = sourceOf(file)
    .statements.flatMap((statement) =>
      ts.isExportDeclaration(statement)
        ? handedOn(file, statement)
        : has(statement, ts.SyntaxKind.ExportKeyword)
          ? declaredBy(statement).map((node) => declared(node, node.name?.getText() ?? "default"))
          : [],
    )
    // The overloads of a function have one docstring, before the first.
    .filter(
      ({ name, node }, at, all) => !ts.isFunctionDeclaration(node) || all.findIndex((one) => one.name === name) === at,
    )
    .filter(({ doc }) => doc?.internal !== true)
  made.set(file, all)
  return all
}

const declared = (node: Top, name: string): Declaration => ({ name, node, doc: Docstring.before(statementOf(node)) })

/** What `export { a as b } from "./File.ts"`, or of something imported or declared in the file, hands on. */
const handedOn = (file: string, { exportClause }: ts.ExportDeclaration): ReadonlyArray<Declaration> =>
  exportClause === undefined || !ts.isNamedExports(exportClause)
    ? []
    : exportClause.elements.flatMap(({ name, propertyName }) =>
        resolve(file, propertyName === undefined ? name.text : propertyName.text).map((node) =>
          declared(node, name.text),
        ),
      )

/** Where a declaration is described. */
export interface Described {
  readonly module: PublicModule
  readonly name: string
}

let index: ReadonlyMap<ts.Node, Described> | undefined

/** Where a declaration is described: in the first public module that exports it. `undefined` for what nobody can import. */
export const describedAt = (node: ts.Node): Described | undefined => {
  index ??= new Map(
    publicModules()
      .flatMap((module) => declarationsOf(module).map(({ name, node }) => [node, { module, name }] as const))
      .reverse(),
  )
  return index.get(node)
}
