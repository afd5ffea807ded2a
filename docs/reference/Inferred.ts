/**
 * The types that the sources leave to the compiler: of a function without a written result, of a constant without a written type.
 */
import { join } from "node:path"
import ts from "typescript-api"
import { publicModules, root } from "./PublicModule.ts"
import { placeOf } from "./Source.ts"

/** Says the type of a declaration or a class member as text. */
export type TypeOf = (node: ts.Node) => string

const options: ts.CompilerOptions = {
  target: ts.ScriptTarget.ES2022,
  module: ts.ModuleKind.NodeNext,
  moduleResolution: ts.ModuleResolutionKind.NodeNext,
  lib: ["lib.es2022.d.ts", "lib.dom.d.ts", "lib.dom.iterable.d.ts", "lib.esnext.disposable.d.ts"],
  types: ["node"],
  typeRoots: [join(root, "node_modules/@types")],
  strict: true,
  exactOptionalPropertyTypes: true,
  allowImportingTsExtensions: true,
  skipLibCheck: true,
  noEmit: true,
}

/** The longest line of the sources. */
const LINE = 110

const FLAGS =
  ts.TypeFormatFlags.NoTruncation |
  ts.TypeFormatFlags.WriteArrowStyleSignature |
  ts.TypeFormatFlags.UseAliasDefinedOutsideCurrentScope

/** Loads the compiler's view of all public modules. It takes seconds. */
export const inferred = (): TypeOf => {
  const files = publicModules().map(({ file }) => join(root, file))
  const program = ts.createProgram(files, options)
  const checker = program.getTypeChecker()
  return (node) => {
    const source = program.getSourceFile(join(root, placeOf(node).file))
    const twin = source && twinOf(source, node)
    if (twin === undefined) throw new Error(`The compiler does not know ${placeOf(node).file}:${placeOf(node).line}.`)
    const text = checker.typeToString(checker.getTypeAtLocation(twin), twin, FLAGS)
    return laidOut(text.replace(/import\("[^"]*"\)\./g, "").replace(/^typeof /, ""))
  }
}

/** A type that fits no line, with a line for each of its members, and a list of words in lines of their own. */
const laidOut = (type: string): string => {
  if (type.length <= LINE) return type
  const source = ts.createSourceFile("type.ts", `type T = ${type}`, ts.ScriptTarget.ES2022)
  const printed = ts.createPrinter({ removeComments: true }).printFile(source)
  return printed
    .trim()
    .replace(/^type T = /, "")
    .replace(/;$/gm, "")
    .replace(/^(?: {4})+/gm, (indent) => " ".repeat(indent.length / 2))
    .replace(/^( *)(.*)$/gm, (line, indent: string) => (line.length <= LINE ? line : wrapped(line, `${indent}  `)))
}

/** A line that is broken before a `|` wherever it would be too long. */
const wrapped = (line: string, indent: string): string => {
  const lines = [""]
  for (const word of line.split(/(?= \| ")/)) {
    const last = lines.pop() ?? ""
    if ((last + word).length <= LINE) lines.push(last + word)
    else lines.push(last, `${indent}${word.trimStart()}`)
  }
  return lines.filter((one) => one !== "").join("\n")
}

/** The same node in the compiler's own tree, which has the same text. */
const twinOf = (parent: ts.Node, node: ts.Node): ts.Node | undefined =>
  ts.forEachChild(parent, (child) => {
    if (child.pos > node.pos || child.end < node.end) return undefined
    return child.kind === node.kind && child.pos === node.pos && child.end === node.end ? child : twinOf(child, node)
  })
