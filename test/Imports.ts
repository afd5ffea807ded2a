/**
 * The imports of each file, read from the sources by a parser. Type-only imports, `import("…")` types, re-exports and dynamic imports
 * all count, because each of them ties one file to another.
 */
import { existsSync, globSync, readFileSync } from "node:fs"
import { dirname, join, sep } from "node:path"
import { parseAst } from "vitest/node"
import { meant } from "../docs/reference/PublicModule.ts"

export const root = dirname(import.meta.dirname)

/** One import: the importing file, and the text of the import. Files are named from the root, with slashes. */
export interface Import {
  readonly file: string
  readonly specifier: string
}

const isNode = (value: unknown): value is { readonly type: string; readonly [key: string]: unknown } =>
  typeof value === "object" && value !== null && "type" in value && typeof value.type === "string"

const text = (value: unknown): string | undefined =>
  isNode(value) && typeof value.value === "string" ? value.value : undefined

/** What a source imports. An import whose name is computed cannot be judged, so it is named `(computed)`. */
export const importsIn = (file: string, source: string): ReadonlyArray<Import> => {
  const found: Array<Import> = []
  const visit = (value: unknown): void => {
    if (Array.isArray(value)) value.forEach(visit)
    else if (isNode(value)) {
      switch (value.type) {
        case "ImportDeclaration":
        case "ExportAllDeclaration":
        case "ImportExpression":
        case "TSImportType":
          found.push({ file, specifier: text(value.source) ?? "(computed)" })
          break
        case "ExportNamedDeclaration":
          if (value.source) found.push({ file, specifier: text(value.source) ?? "(computed)" })
          break
        case "TSExternalModuleReference":
          found.push({ file, specifier: text(value.expression) ?? "(computed)" })
          break
      }
      Object.values(value).forEach(visit)
    }
  }
  visit(parseAst(source, { lang: "ts" }, file))
  return found
}

/** The sources of the rooms: `packages/<room>/src`, and the docs whole. */
export const sources = (): ReadonlyArray<string> =>
  globSync(["packages/*/src/**/*.ts", "docs/**/*.ts"], {
    cwd: root,
    exclude: (path) => path.includes("node_modules"),
  })
    .map((path) => path.split(sep).join("/"))
    .filter((path) => !path.includes("node_modules/"))
    .sort()

export const importsOf = (file: string): ReadonlyArray<Import> =>
  importsIn(file, readFileSync(join(root, file), "utf8"))

/** The file of ours that an import leads to, or `undefined` if it leads outside. */
export const target = ({ file, specifier }: Import): string | undefined => meant(file, specifier)

export const exists = (file: string): boolean => existsSync(join(root, file))

/**
 * The circles of a graph: its strongly connected components of more than one node, and the nodes that point at themselves
 * (Tarjan's algorithm).
 */
export const circles = (graph: ReadonlyMap<string, ReadonlyArray<string>>): ReadonlyArray<ReadonlyArray<string>> => {
  const found: Array<ReadonlyArray<string>> = []
  const index = new Map<string, number>()
  const low = new Map<string, number>()
  const stack: Array<string> = []
  const visit = (node: string): number => {
    const at = index.size
    index.set(node, at)
    let lowest = at
    stack.push(node)
    for (const next of graph.get(node) ?? []) {
      if (!index.has(next)) lowest = Math.min(lowest, visit(next))
      else if (stack.includes(next)) lowest = Math.min(lowest, low.get(next) ?? index.get(next) ?? lowest)
    }
    low.set(node, lowest)
    if (lowest === at) {
      const circle = stack.splice(stack.indexOf(node))
      if (circle.length > 1 || graph.get(node)?.includes(node)) found.push(circle.sort())
    }
    return lowest
  }
  for (const node of graph.keys()) if (!index.has(node)) visit(node)
  return found
}
