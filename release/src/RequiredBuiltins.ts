/** Node's own modules in a bundle of ES modules, where a CommonJS module asks for them: there is no `require` in what it becomes a part of. */
import { builtinModules } from "node:module"
import type { Plugin } from "esbuild"

export const requiredBuiltins: Plugin = {
  name: "required-builtins",
  setup: ({ onLoad, onResolve }) => {
    const names = new Set(builtinModules)
    onResolve({ filter: /^(node:)?[a-z_/]+$/ }, ({ kind, path }) =>
      kind === "require-call" && (path.startsWith("node:") || names.has(path))
        ? { path: path.replace(/^node:/, ""), namespace: "builtin" }
        : undefined,
    )
    onLoad({ filter: /.*/, namespace: "builtin" }, ({ path }) => ({
      contents: `module.exports = process.getBuiltinModule(${JSON.stringify(`node:${path}`)})`,
    }))
  },
}
