/**
 * What a module exports, read from its syntax: each export with its docstring, and its members with theirs.
 *
 * A member is what you write or read by its name: a property or a method of an interface, a field of an object in a type, a public
 * member of a class, a field of a schema, a case of a union with its fields. What a class or an interface has from another one is
 * described there.
 */
import { readFileSync } from "node:fs"
import { join } from "node:path"
import ts from "typescript-api"
import * as Docstring from "./Docstring.ts"
import { root, targetOf } from "./PublicModule.ts"

/** A named part of an export, or an export itself. */
export interface Member {
  /** From the export on: `client.id`, `Issued.attempt`. */
  readonly path: string
  readonly doc: Docstring.Docstring | undefined
  readonly node: ts.Node
}

/** One export of a module. A type and a value of one name are two declarations. */
export interface Declaration {
  readonly name: string
  readonly node: ts.Declaration
  /** The file that it is written in, from the root. It differs from the module's if that exports it again. */
  readonly file: string
  readonly source: ts.SourceFile
  readonly doc: Docstring.Docstring | undefined
  readonly members: ReadonlyArray<Member>
}

const parsed = new Map<string, ts.SourceFile>()

/** A file of ours, parsed once. */
export const sourceOf = (file: string): ts.SourceFile => {
  const known = parsed.get(file)
  if (known !== undefined) return known
  const source = ts.createSourceFile(file, readFileSync(join(root, file), "utf8"), ts.ScriptTarget.ES2022, true)
  parsed.set(file, source)
  return source
}

const has = (node: ts.Node, ...kinds: ReadonlyArray<ts.SyntaxKind>): boolean =>
  ts.canHaveModifiers(node) && (ts.getModifiers(node) ?? []).some(({ kind }) => kinds.includes(kind))

const isExported = (node: ts.Node) => has(node, ts.SyntaxKind.ExportKeyword)

/** The exports of a file, those that it hands on from another file of ours included. */
export const declarationsOf = (file: string): ReadonlyArray<Declaration> => {
  const source = sourceOf(file)
  return source.statements.flatMap((statement): ReadonlyArray<Declaration> => {
    if (ts.isExportDeclaration(statement)) return handedOn(file, source, statement)
    return isExported(statement) ? declared(file, source, statement) : []
  })
}

const declared = (file: string, source: ts.SourceFile, statement: ts.Statement): ReadonlyArray<Declaration> => {
  const doc = Docstring.before(statement, source)
  const one = (node: ts.Declaration, name: string): Declaration => {
    const members = membersOf(node, source)
    return { name, node, file, source, doc, members }
  }
  if (ts.isVariableStatement(statement)) {
    return statement.declarationList.declarations.map((node) => one(node, node.name.getText(source)))
  }
  if (
    ts.isClassDeclaration(statement) ||
    ts.isInterfaceDeclaration(statement) ||
    ts.isTypeAliasDeclaration(statement) ||
    ts.isFunctionDeclaration(statement) ||
    ts.isModuleDeclaration(statement)
  ) {
    // The overloads of a function have one docstring, before the first.
    return [one(statement, statement.name?.getText(source) ?? "default")]
  }
  return []
}

/** What `export { a as b } from "./File.ts"`, or of something imported or declared above, hands on. */
const handedOn = (file: string, source: ts.SourceFile, statement: ts.ExportDeclaration): ReadonlyArray<Declaration> => {
  const from = statement.moduleSpecifier
  if (statement.exportClause === undefined || !ts.isNamedExports(statement.exportClause)) return []
  return statement.exportClause.elements.flatMap((element) => {
    const wanted = (element.propertyName ?? element.name).text
    const origin =
      from !== undefined && ts.isStringLiteral(from) ? { specifier: from.text, name: wanted } : importOf(source, wanted)
    const target = origin === undefined ? file : targetOf(file, origin.specifier)
    if (target === undefined) return []
    const found =
      origin === undefined ? source.statements.flatMap((one) => declared(file, source, one)) : declarationsOf(target)
    return found
      .filter(({ name }) => name === (origin?.name ?? wanted))
      .map((declaration) => ({ ...declaration, name: element.name.text }))
  })
}

/** Where a name of a file comes from. */
export const importOf = (
  source: ts.SourceFile,
  name: string,
): { readonly specifier: string; readonly name: string | undefined } | undefined => {
  for (const statement of source.statements) {
    if (!ts.isImportDeclaration(statement) || !ts.isStringLiteral(statement.moduleSpecifier)) continue
    const specifier = statement.moduleSpecifier.text
    const bindings = statement.importClause?.namedBindings
    if (bindings === undefined) continue
    if (ts.isNamespaceImport(bindings)) {
      if (bindings.name.text === name) return { specifier, name: undefined }
      continue
    }
    const element = bindings.elements.find((one) => one.name.text === name)
    if (element !== undefined) return { specifier, name: (element.propertyName ?? element.name).text }
  }
  return undefined
}

/** The members of a declaration. */
const membersOf = (node: ts.Declaration, source: ts.SourceFile): ReadonlyArray<Member> => {
  if (ts.isInterfaceDeclaration(node)) return ofElements(node.members, source, "")
  if (ts.isTypeAliasDeclaration(node)) return ofType(node.type, source, "")
  if (ts.isClassDeclaration(node)) return ofClass(node, source)
  if (ts.isVariableDeclaration(node)) {
    if (node.type !== undefined) return ofType(node.type, source, "")
    return node.initializer === undefined ? [] : ofValue(node.initializer, source, "")
  }
  return []
}

const join2 = (path: string, name: string) => (path === "" ? name : `${path}.${name}`)

const ofElements = (
  elements: ts.NodeArray<ts.TypeElement>,
  source: ts.SourceFile,
  path: string,
): ReadonlyArray<Member> =>
  elements.flatMap((element) => {
    if (element.name === undefined || ts.isComputedPropertyName(element.name) || isTag(element)) return []
    const member = {
      path: join2(path, nameOf(element.name, source)),
      doc: Docstring.before(element, source),
      node: element,
    }
    const type = ts.isPropertySignature(element) ? element.type : undefined
    return [member, ...(type === undefined ? [] : ofType(type, source, member.path))]
  })

const nameOf = (name: ts.PropertyName, source: ts.SourceFile) =>
  ts.isStringLiteral(name) ? name.text : name.getText(source)

const isWord = (type: ts.TypeNode): boolean => ts.isLiteralTypeNode(type) && ts.isStringLiteral(type.literal)

/** Whether a field says which case of a union this is, and nothing else. */
const isTag = (element: ts.TypeElement): boolean => {
  if (!ts.isPropertySignature(element) || element.questionToken !== undefined || element.type === undefined)
    return false
  const words = ts.isUnionTypeNode(element.type) ? element.type.types : [element.type]
  return ["_tag", "type", "policy"].includes(element.name.getText()) && words.every(isWord)
}

const tagOf = (type: ts.TypeLiteralNode): ts.PropertySignature | undefined =>
  type.members.find((element): element is ts.PropertySignature => isTag(element))

/** The members that a type spells out. A type that it only names is described where it is declared. */
const ofType = (type: ts.TypeNode, source: ts.SourceFile, path: string): ReadonlyArray<Member> => {
  if (ts.isTypeLiteralNode(type)) return ofElements(type.members, source, path)
  if (ts.isUnionTypeNode(type)) return type.types.flatMap((one) => ofCase(one, source, path))
  if (ts.isIntersectionTypeNode(type)) return type.types.flatMap((one) => ofType(one, source, path))
  if (ts.isParenthesizedTypeNode(type) || ts.isTypeOperatorNode(type)) return ofType(type.type, source, path)
  if (ts.isArrayTypeNode(type)) return ofType(type.elementType, source, path)
  if (ts.isTypeReferenceNode(type)) return (type.typeArguments ?? []).flatMap((one) => ofType(one, source, path))
  return []
}

const ofCase = (type: ts.TypeNode, source: ts.SourceFile, path: string): ReadonlyArray<Member> => {
  const tag = ts.isTypeLiteralNode(type) ? tagOf(type) : undefined
  if (!ts.isTypeLiteralNode(type) || tag === undefined) return ofType(type, source, path)
  const name = join2(path, tag.type?.getText(source).replaceAll('"', "") ?? "")
  const doc = Docstring.before(type, source) ?? Docstring.before(tag, source)
  return [{ path: name, doc, node: type }, ...ofElements(type.members, source, name)]
}

const PRIVATE = [ts.SyntaxKind.PrivateKeyword, ts.SyntaxKind.ProtectedKeyword, ts.SyntaxKind.OverrideKeyword]

const ofClass = (node: ts.ClassDeclaration, source: ts.SourceFile): ReadonlyArray<Member> => {
  const own = node.members.flatMap((member): ReadonlyArray<Member> => {
    if (member.name === undefined || ts.isPrivateIdentifier(member.name)) return []
    if (ts.isComputedPropertyName(member.name) || has(member, ...PRIVATE)) return []
    return [
      { path: nameOf(member.name as ts.PropertyName, source), doc: Docstring.before(member, source), node: member },
    ]
  })
  const bases = (node.heritageClauses ?? []).flatMap((clause) => clause.types)
  return [...bases.flatMap((base) => ofBase(base, source)), ...own]
}

/** The fields that a class hands to its base: `tagged("X")<{ … }>`, `Schema.TaggedError<X>()("X", { … })`. */
const ofBase = (base: ts.ExpressionWithTypeArguments, source: ts.SourceFile): ReadonlyArray<Member> => [
  ...(base.typeArguments ?? []).flatMap((type) => ofType(type, source, "")),
  ...ofValue(base.expression, source, ""),
]

/** What a name of the file stands for, if the file keeps it for itself. What it exports is described there. */
const hiddenOf = (name: string, source: ts.SourceFile): ts.Expression | undefined => {
  for (const statement of source.statements) {
    if (!ts.isVariableStatement(statement) || isExported(statement)) continue
    const found = statement.declarationList.declarations.find((one) => one.name.getText(source) === name)
    if (found !== undefined) return found.initializer
  }
  return undefined
}

/** Whether a call makes a schema: `Schema.Struct`, or a short name for such a function. */
const isSchema = (callee: ts.Expression, source: ts.SourceFile): boolean =>
  /^Schema\.(optional|[A-Z])/.test(
    (ts.isIdentifier(callee) ? (hiddenOf(callee.text, source) ?? callee) : callee).getText(source),
  )

const isFunction = (property: ts.ObjectLiteralElementLike): boolean =>
  ts.isMethodDeclaration(property) ||
  ts.isShorthandPropertyAssignment(property) ||
  (ts.isPropertyAssignment(property) && /^(async )?(\(|<|[\w.]+$)/.test(property.initializer.getText()))

/** What a value spells out: the fields of a schema, or the functions of a record. A record's data speak for themselves. */
const ofValue = (value: ts.Expression, source: ts.SourceFile, path: string, fields = false): ReadonlyArray<Member> => {
  if (ts.isCallExpression(value)) {
    const types = (value.typeArguments ?? []).flatMap((type) => ofType(type, source, path))
    const callee = value.expression
    const schema = isSchema(callee, source) || ts.isCallExpression(callee)
    const inner =
      ts.isCallExpression(callee) || ts.isPropertyAccessExpression(callee) ? ofValue(callee, source, path) : []
    return [...types, ...inner, ...(schema ? value.arguments.flatMap((one) => ofValue(one, source, path, true)) : [])]
  }
  if (ts.isPropertyAccessExpression(value)) return ofValue(value.expression, source, path)
  if (ts.isIdentifier(value)) {
    const local = hiddenOf(value.text, source)
    return local === undefined ? [] : ofValue(local, source, path, fields)
  }
  if (ts.isAsExpression(value) || ts.isSatisfiesExpression(value) || ts.isParenthesizedExpression(value)) {
    return ofValue(value.expression, source, path, fields)
  }
  if (!ts.isObjectLiteralExpression(value)) return []
  return value.properties.flatMap((property): ReadonlyArray<Member> => {
    if (property.name === undefined || (!fields && !isFunction(property))) return []
    const member = {
      path: join2(path, nameOf(property.name, source)),
      doc: Docstring.before(property, source),
      node: property,
    }
    return [member, ...(ts.isPropertyAssignment(property) ? ofValue(property.initializer, source, member.path) : [])]
  })
}
