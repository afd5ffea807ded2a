/**
 * What an export or a member looks like, as TypeScript: its declaration without comments, without a body.
 */
import ts from "typescript-api"
import type { TypeOf } from "./Inferred.ts"
import { has, type Top } from "./Source.ts"

/** A text without its comments, and without the lines that they leave empty. */
const bare = (text: string): string => {
  const scanner = ts.createScanner(ts.ScriptTarget.ES2022, false, ts.LanguageVariant.Standard, text)
  let out = ""
  for (let kind = scanner.scan(); kind !== ts.SyntaxKind.EndOfFileToken; kind = scanner.scan()) {
    const isComment = kind === ts.SyntaxKind.MultiLineCommentTrivia || kind === ts.SyntaxKind.SingleLineCommentTrivia
    if (!isComment) out += scanner.getTokenText()
  }
  return out
    .split("\n")
    .map((line) => line.trimEnd())
    .filter((line) => line !== "")
    .join("\n")
}

/** Moves a text to the left margin: its first line is there already. */
const dedented = (text: string): string => {
  const last = /\n([ ]*)[^\n]*$/.exec(text)?.[1] ?? ""
  return text.replaceAll(`\n${last}`, "\n")
}

const textOf = (node: ts.Node): string => dedented(bare(node.getText()))

const parameters = (node: ts.SignatureDeclaration): string => {
  const generics = node.typeParameters?.map(textOf).join(", ")
  const given = node.parameters.map((one) => {
    const isOptional = one.questionToken !== undefined || one.initializer !== undefined
    const name = ts.isIdentifier(one.name) ? one.name.text : "options"
    return `${one.dotDotDotToken === undefined ? "" : "..."}${name}${isOptional ? "?" : ""}: ${one.type === undefined ? "unknown" : textOf(one.type)}`
  })
  return `${generics === undefined ? "" : `<${generics}>`}(${given.join(", ")})`
}

const isWritten = (node: ts.SignatureDeclaration): boolean =>
  node.type !== undefined && node.parameters.every(({ type }) => type !== undefined)

/** The type of a value: as it is written, else as the compiler infers it. */
const typeOfValue = (
  node: ts.VariableDeclaration | ts.PropertyDeclaration,
  typeOf: TypeOf,
): { readonly type: string } | { readonly value: string } => {
  if (node.type !== undefined) return { type: textOf(node.type) }
  const value = node.initializer
  if (value !== undefined && ts.isArrowFunction(value) && isWritten(value) && value.type !== undefined) {
    return { type: `${parameters(value)} => ${textOf(value.type)}` }
  }
  if (value !== undefined && (ts.isNumericLiteral(value) || ts.isStringLiteral(value)))
    return { value: value.getText() }
  const type = typeOf(node)
  return type.length > LONGEST && value !== undefined ? (madeBy(value) ?? { type }) : { type }
}

/** A longer type says less than how the value is made. */
const LONGEST = 600

/** How a value is made: `Schema.Struct(…)`, or the names of its parts. */
const madeBy = (value: ts.Expression): { readonly value: string } | undefined => {
  if (ts.isCallExpression(value)) return { value: `${dedented(bare(calleeOf(value)))}(…)` }
  if (ts.isPropertyAccessExpression(value)) return { value: textOf(value) }
  if (ts.isAsExpression(value) || ts.isSatisfiesExpression(value)) return madeBy(value.expression)
  if (!ts.isObjectLiteralExpression(value)) return undefined
  return {
    value: `{ ${value.properties.flatMap(({ name }) => (name === undefined ? [] : [name.getText()])).join(", ")} }`,
  }
}

/** What is called first: `Schema.Union` of `Schema.Union([…]).check(…)`. */
const calleeOf = ({ expression }: ts.CallExpression): string => {
  const inner = ts.isPropertyAccessExpression(expression) ? expression.expression : expression
  return ts.isCallExpression(inner) ? calleeOf(inner) : expression.getText()
}

const written = (name: string, shown: ReturnType<typeof typeOfValue>): string =>
  "type" in shown ? `${name}: ${shown.type}` : `${name} = ${shown.value}`

/** The declaration of an export. A class shows how it begins; its members follow one by one. */
export const ofExport = (name: string, node: Top, typeOf: TypeOf): string => {
  if (ts.isVariableDeclaration(node)) return written(`const ${name}`, typeOfValue(node, typeOf))
  if (ts.isFunctionDeclaration(node)) {
    return `function ${name}${parameters(node)}: ${node.type === undefined ? typeOf(node) : textOf(node.type)}`
  }
  const text = textOf(node).replace(/^export /, "")
  if (!ts.isClassDeclaration(node)) return text
  const bases = (node.heritageClauses ?? []).map(textOf).join(" ")
  const generics = node.typeParameters?.map(textOf).join(", ")
  return `class ${name}${generics === undefined ? "" : `<${generics}>`} ${bases}`.trim()
}

/** The declaration of a member; `undefined` for a case of a union, which is its fields. */
export const ofMember = (node: ts.Node, typeOf: TypeOf): string | undefined => {
  if (ts.isTypeElement(node)) return textOf(node).replace(/^readonly /, "")
  if (ts.isPropertyDeclaration(node)) {
    const kind = has(node, ts.SyntaxKind.StaticKeyword) ? "static " : ""
    return written(
      `${kind}${node.name.getText()}${node.questionToken === undefined ? "" : "?"}`,
      typeOfValue(node, typeOf),
    )
  }
  if (ts.isGetAccessor(node))
    return `get ${node.name.getText()}(): ${node.type === undefined ? typeOf(node) : textOf(node.type)}`
  if (ts.isMethodDeclaration(node)) {
    return `${node.name.getText()}${parameters(node)}: ${node.type === undefined ? "unknown" : textOf(node.type)}`
  }
  if (ts.isShorthandPropertyAssignment(node)) return node.name.text
  if (ts.isPropertyAssignment(node)) return textOf(node)
  return undefined
}
