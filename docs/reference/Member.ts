/**
 * The members of an export, read from its syntax: what you write or read by a name.
 *
 * A member is a property or a method of an interface, a field of an object in a type, a public member of a class, a field of a schema,
 * a function of a record, or a case of a union with its fields. What an export has from another public one is described there. What it
 * has from one that you cannot import is described with the export.
 */
import ts from "typescript-api"
import { type Declaration, describedAt } from "./Declaration.ts"
import * as Docstring from "./Docstring.ts"
import { has, resolve, resolveQualified, statementOf } from "./Source.ts"

/** A named part of an export. */
export interface Member {
  /** From the export on: `client.id`, `Issued.attempt`. */
  readonly path: string
  readonly doc: Docstring.Docstring | undefined
  readonly node: ts.Node
}

type Members = ReadonlyArray<Member>

/** The members of an export, in the order of the source. */
export const membersOf = ({ node }: Pick<Declaration, "node">): Members => ofDeclaration(node, "")

const ofDeclaration = (node: ts.Node, path: string): Members => {
  if (ts.isInterfaceDeclaration(node)) {
    return [
      ...basesOf(node).flatMap((base) => ofHidden(base.expression.getText(), base, path)),
      ...ofElements(node.members, path),
    ]
  }
  if (ts.isTypeAliasDeclaration(node)) return ofType(node.type, path)
  if (ts.isClassDeclaration(node)) return ofClass(node)
  if (!ts.isVariableDeclaration(node)) return []
  if (node.type !== undefined) return ofType(node.type, path)
  return node.initializer === undefined ? [] : ofValue(node.initializer, path, false)
}

const under = (path: string, name: string) => (path === "" ? name : `${path}.${name}`)

const nameOf = (name: ts.PropertyName) => (ts.isStringLiteral(name) ? name.text : name.getText())

const basesOf = (node: ts.InterfaceDeclaration | ts.ClassDeclaration) =>
  (node.heritageClauses ?? [])
    .filter(({ token }) => token === ts.SyntaxKind.ExtendsKeyword)
    .flatMap(({ types }) => types)

/** The members of a type that you cannot import, by its name. */
const ofHidden = (name: string, at: ts.Node, path: string): Members =>
  resolveQualified(at.getSourceFile().fileName, name)
    .filter((node) => describedAt(node) === undefined && !at.getText().startsWith("typeof"))
    .filter((node) => ts.isInterfaceDeclaration(node) || ts.isTypeAliasDeclaration(node))
    .flatMap((node) => ofDeclaration(node, path))

const ofElements = (elements: ts.NodeArray<ts.TypeElement>, path: string): Members =>
  elements.flatMap((element) => {
    if (element.name === undefined || ts.isComputedPropertyName(element.name) || isTag(element)) return []
    const member = { path: under(path, nameOf(element.name)), doc: Docstring.before(element), node: element }
    const type = ts.isPropertySignature(element) ? element.type : undefined
    return [member, ...(type === undefined ? [] : ofInlineType(type, member.path))]
  })

const isWord = (type: ts.TypeNode): boolean => ts.isLiteralTypeNode(type) && ts.isStringLiteral(type.literal)

/** Whether a field says which case of a union this is, and nothing else. */
const isTag = (element: ts.TypeElement): boolean => {
  if (!ts.isPropertySignature(element) || element.questionToken !== undefined || element.type === undefined)
    return false
  const words = ts.isUnionTypeNode(element.type) ? element.type.types : [element.type]
  return ["_tag", "type", "policy"].includes(element.name.getText()) && words.every(isWord)
}

/** The members of a type of an export: those that it spells out, and those of the types in it that you cannot import. */
const ofType = (type: ts.TypeNode, path: string): Members => {
  if (ts.isTypeReferenceNode(type) && type.typeArguments === undefined)
    return ofHidden(type.typeName.getText(), type, path)
  if (ts.isUnionTypeNode(type)) return type.types.flatMap((one) => ofCase(one, path, ofType))
  if (ts.isIntersectionTypeNode(type)) return type.types.flatMap((one) => ofType(one, path))
  if (ts.isParenthesizedTypeNode(type)) return ofType(type.type, path)
  return ofInlineType(type, path)
}

/** The members that a type spells out. */
const ofInlineType = (type: ts.TypeNode, path: string): Members => {
  if (ts.isTypeLiteralNode(type)) return ofElements(type.members, path)
  if (ts.isUnionTypeNode(type)) return type.types.flatMap((one) => ofCase(one, path, ofInlineType))
  if (ts.isIntersectionTypeNode(type)) return type.types.flatMap((one) => ofInlineType(one, path))
  if (ts.isParenthesizedTypeNode(type) || ts.isTypeOperatorNode(type)) return ofInlineType(type.type, path)
  if (ts.isArrayTypeNode(type)) return ofInlineType(type.elementType, path)
  if (ts.isTypeReferenceNode(type)) return (type.typeArguments ?? []).flatMap((one) => ofInlineType(one, path))
  return []
}

const ofCase = (type: ts.TypeNode, path: string, otherwise: (type: ts.TypeNode, path: string) => Members): Members => {
  if (!ts.isTypeLiteralNode(type)) return otherwise(type, path)
  const tag = type.members.find((element): element is ts.PropertySignature => isTag(element))
  if (tag?.type === undefined) return ofElements(type.members, path)
  const name = under(
    path,
    tag.type
      .getText()
      .replaceAll('"', "")
      .replace(/\s*\|\s*/g, " | "),
  )
  return [
    { path: name, doc: Docstring.before(type) ?? Docstring.before(tag), node: type },
    ...ofElements(type.members, name),
  ]
}

const NOT_OWN = [ts.SyntaxKind.PrivateKeyword, ts.SyntaxKind.ProtectedKeyword, ts.SyntaxKind.OverrideKeyword]

const ofClass = (node: ts.ClassDeclaration): Members => [
  ...basesOf(node).flatMap(ofBase),
  ...node.members.flatMap((member): Members => {
    const { name } = member
    if (name === undefined || ts.isPrivateIdentifier(name) || ts.isComputedPropertyName(name)) return []
    if (has(member, ...NOT_OWN)) return []
    return [{ path: nameOf(name), doc: Docstring.before(member), node: member }]
  }),
]

/** The fields that a class hands to its base: `tagged("X")<{ … }>`, `Schema.TaggedError<X>()("X", { … })`. */
const ofBase = (base: ts.ExpressionWithTypeArguments): Members => [
  ...(base.typeArguments ?? []).flatMap((type) => ofInlineType(type, "")),
  ...ofValue(base.expression, "", false),
]

/** What a name of a value stands for, if you cannot import it. */
const hiddenValue = (name: ts.Identifier): ts.VariableDeclaration | undefined =>
  resolve(name.getSourceFile().fileName, name.text)
    .filter(ts.isVariableDeclaration)
    .find((node) => describedAt(node) === undefined)

/** Whether a call makes a schema: `Schema.Struct`, or a short name for such a function. */
const isSchema = (callee: ts.Expression): boolean => {
  const named = ts.isIdentifier(callee) ? (hiddenValue(callee)?.initializer ?? callee) : callee
  return /^Schema\.(optional\w*|[A-Z]\w*)(<.*>)?$/s.test(named.getText())
}

const isFunction = (property: ts.ObjectLiteralElementLike): boolean =>
  ts.isMethodDeclaration(property) ||
  ts.isShorthandPropertyAssignment(property) ||
  (ts.isPropertyAssignment(property) && /^(async )?(\(|<|[\w.]+$)/.test(property.initializer.getText()))

/** What a value spells out: the `fields` of a schema, or the functions of a record. A record's data speak for themselves. */
const ofValue = (value: ts.Expression, path: string, fields: boolean): Members => {
  if (ts.isCallExpression(value)) return ofCall(value, path)
  if (ts.isPropertyAccessExpression(value)) return ofValue(value.expression, path, false)
  if (ts.isAsExpression(value) || ts.isSatisfiesExpression(value) || ts.isParenthesizedExpression(value)) {
    return ofValue(value.expression, path, fields)
  }
  if (ts.isIdentifier(value)) {
    const hidden = hiddenValue(value)?.initializer
    return hidden === undefined ? [] : ofValue(hidden, path, fields)
  }
  if (!ts.isObjectLiteralExpression(value)) return []
  return value.properties.flatMap((property): Members => {
    if (property.name === undefined || (!fields && !isFunction(property))) return []
    const member = { path: under(path, nameOf(property.name)), doc: docOf(property), node: property }
    return [member, ...(ts.isPropertyAssignment(property) ? ofValue(property.initializer, member.path, fields) : [])]
  })
}

const ofCall = ({ arguments: given, expression: callee, typeArguments = [] }: CallLike, path: string): Members => {
  const isMade = isSchema(callee) || ts.isCallExpression(callee)
  const isChained = ts.isCallExpression(callee) || ts.isPropertyAccessExpression(callee)
  return [
    ...typeArguments.flatMap((type) => ofInlineType(type, path)),
    ...(isChained ? ofValue(callee, path, false) : []),
    ...(isMade ? given.flatMap((one) => ofValue(one, path, true)) : []),
  ]
}

interface CallLike {
  readonly arguments: ReadonlyArray<ts.Expression>
  readonly expression: ts.Expression
  readonly typeArguments?: ReadonlyArray<ts.TypeNode> | undefined
}

/** A field that several objects share (`acts`) has its words where it is made. */
const docOf = (property: ts.ObjectLiteralElementLike): Docstring.Docstring | undefined => {
  const own = Docstring.before(property)
  if (own !== undefined || !ts.isShorthandPropertyAssignment(property)) return own
  const shared = hiddenValue(property.name)
  return shared === undefined ? undefined : Docstring.before(statementOf(shared))
}
