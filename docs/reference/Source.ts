/**
 * The sources of the libraries, parsed, and what a name in one of them stands for. Syntax only: no types are computed.
 */
import { readFileSync } from "node:fs"
import { join } from "node:path"
import ts from "typescript-api"
import { root, targetOf } from "./PublicModule.ts"

const parsed = new Map<string, ts.SourceFile>()

/** A file of ours, named from the root, parsed once. */
export const sourceOf = (file: string): ts.SourceFile => {
  const known = parsed.get(file)
  if (known !== undefined) return known
  const text = readFileSync(join(root, file), "utf8")
  const source = ts.createSourceFile(file, text, ts.ScriptTarget.ES2022, true)
  parsed.set(file, source)
  return source
}

/** Where a node stands: its file, from the root, and its line from 1. */
export const placeOf = (node: ts.Node): { readonly file: string; readonly line: number } => {
  const source = node.getSourceFile()
  return { file: source.fileName, line: source.getLineAndCharacterOfPosition(node.getStart(source)).line + 1 }
}

/** A declaration that stands at the top of a file. */
export type Top =
  | ts.VariableDeclaration
  | ts.ClassDeclaration
  | ts.InterfaceDeclaration
  | ts.TypeAliasDeclaration
  | ts.FunctionDeclaration

/** What a statement declares. */
export const declaredBy = (statement: ts.Statement): ReadonlyArray<Top> => {
  if (ts.isVariableStatement(statement)) return statement.declarationList.declarations
  return ts.isClassDeclaration(statement) ||
    ts.isInterfaceDeclaration(statement) ||
    ts.isTypeAliasDeclaration(statement) ||
    ts.isFunctionDeclaration(statement)
    ? [statement]
    : []
}

/** The statement of a declaration, before which its docstring stands. */
export const statementOf = (node: Top): ts.Node => (ts.isVariableDeclaration(node) ? node.parent.parent : node)

/** Whether a statement or a member has one of these modifiers. */
export const has = (node: ts.Node, ...kinds: ReadonlyArray<ts.SyntaxKind>): boolean =>
  ts.canHaveModifiers(node) && (ts.getModifiers(node) ?? []).some(({ kind }) => kinds.includes(kind))

/** The declarations of a name in a file: a type and a value may share one. It follows imports and what is exported again. */
export const resolve = (file: string, name: string): ReadonlyArray<Top> => {
  const own = sourceOf(file)
    .statements.flatMap(declaredBy)
    .filter((node) => node.name?.getText() === name)
  if (own.length > 0) return own
  const origin = importOf(file, name)
  return origin?.name === undefined ? [] : resolve(origin.file, origin.name)
}

/** The same for a name with a module before it: `Session.Of`. */
export const resolveQualified = (file: string, text: string): ReadonlyArray<Top> => {
  const [first = "", second] = text.split(".")
  if (second === undefined) return resolve(file, first)
  const origin = importOf(file, first)
  return origin === undefined || origin.name !== undefined ? [] : resolve(origin.file, second)
}

/** Where a name of a file comes from, if it is one of ours. Without a `name` it stands for the whole module. */
const importOf = (
  file: string,
  name: string,
): { readonly file: string; readonly name: string | undefined } | undefined => {
  for (const statement of sourceOf(file).statements) {
    const bindings = ts.isImportDeclaration(statement)
      ? statement.importClause?.namedBindings
      : ts.isExportDeclaration(statement)
        ? statement.exportClause
        : undefined
    if (bindings === undefined || !("moduleSpecifier" in statement)) continue
    const from = statement.moduleSpecifier as ts.Expression | undefined
    const target = from !== undefined && ts.isStringLiteral(from) ? targetOf(file, from.text) : undefined
    if (target === undefined) continue
    if (!("elements" in bindings)) {
      if (bindings.name.text === name) return { file: target, name: undefined }
      continue
    }
    const element = bindings.elements.find((one) => one.name.text === name)
    if (element !== undefined) return { file: target, name: (element.propertyName ?? element.name).text }
  }
  return undefined
}
