/** The runtimes and tools that the packages are held to, each from npm. */

import { join } from "node:path"
import { readManifest, root } from "./Workspace.ts"

/** The oldest Node that the packages run on, as every manifest says: `22.19.0`. */
const oldest = (readManifest(join(root, "package.json")).engines?.node ?? "").replace(/^>=/, "")

export const newest = "24"

export const nodes = [oldest, newest]

export const typescripts = ["5.9", "6", "7"] as const

export const vite = "8"

const lib = ["ES2022", "ESNext.Disposable"]
const dom = ["DOM", "DOM.Iterable"]
const asNode = { module: "NodeNext", moduleResolution: "NodeNext" }
const asBundler = { module: "ESNext", moduleResolution: "Bundler" }

/**
 * Ways in which projects find declarations, each with its settings, its files, and the packages whose errors are their own: XState's
 * declarations fail under `exactOptionalPropertyTypes`, and Effect's name things of the DOM.
 */
export const surroundings = [
  {
    name: "node",
    shows: "NodeNext, Node's types, no DOM",
    files: "programs",
    excused: ["xstate", "effect"],
    options: { ...asNode, lib, types: ["node"] },
  },
  {
    name: "examples",
    shows: "NodeNext, Node's types and the DOM",
    files: "examples",
    excused: ["xstate"],
    // They import each other as Node runs them, with their extension.
    options: { ...asNode, lib: [...lib, ...dom], types: ["node"], allowImportingTsExtensions: true },
  },
  {
    name: "browser",
    shows: "Bundler, the DOM alone",
    files: "modules",
    excused: ["xstate"],
    options: { ...asBundler, lib: [...lib, ...dom], types: [] },
  },
  {
    name: "chart",
    shows: "Bundler, the chart with nothing around it",
    files: "chart",
    excused: ["xstate"],
    options: { ...asBundler, lib: ["ES2022"], types: [] },
  },
  // The README's advice, in both forms, without exceptions.
  {
    name: "advice",
    shows: "NodeNext, no DOM, skipLibCheck: true",
    files: "programs",
    excused: [],
    options: { ...asNode, lib, types: ["node"], skipLibCheck: true },
  },
  {
    name: "advice-checked",
    shows: "NodeNext and the DOM, without exactOptionalPropertyTypes",
    files: "programs",
    excused: [],
    options: { ...asNode, lib: [...lib, ...dom], types: ["node"], exactOptionalPropertyTypes: false },
  },
] as const

/** As strict as a user can be, with our declarations checked and not trusted. */
export const strictest = {
  target: "ES2022",
  strict: true,
  exactOptionalPropertyTypes: true,
  noUncheckedIndexedAccess: true,
  noImplicitOverride: true,
  verbatimModuleSyntax: true,
  isolatedModules: true,
  skipLibCheck: false,
  noEmit: true,
} as const
