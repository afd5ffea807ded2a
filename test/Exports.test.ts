/**
 * What users can import: the modules that each package.json lists, one by one. Everything else may change without notice.
 */
import { globSync, readFileSync } from "node:fs"
import { createRequire } from "node:module"
import { basename, join } from "node:path"
import { describe, expect, it } from "vitest"
import { libraries } from "../docs/reference/PublicModule.ts"
import { exists, importsOf, root, sources, target } from "./Imports.ts"

interface Manifest {
  readonly exports: Readonly<Record<string, string>>
  readonly publishConfig: { readonly exports: Readonly<Record<string, unknown>> }
}

const manifestOf = (name: string): Manifest =>
  JSON.parse(readFileSync(join(root, `packages/${name}/package.json`), "utf8"))

/** The names of a library's public modules, such as `operations/Health`. */
const modulesOf = (name: string): ReadonlyArray<string> =>
  Object.keys(manifestOf(name).exports)
    .filter((key) => !key.includes("*"))
    .map((key) => key.slice(2))

const isPublic = (specifier: string): boolean => {
  const [, name = "", module = ""] = /^@pbx-auth\/([^/]+)\/(.+)$/.exec(specifier) ?? []
  return modulesOf(name).includes(module) || module.startsWith("fixtures/")
}

describe.each(libraries)("%s", (name) => {
  const { exports, publishConfig } = manifestOf(name)

  it("lists each public module by its name, and only the emulator's fixtures by a pattern", () => {
    const patterns = Object.keys(exports).filter((key) => key.includes("*"))
    expect(patterns).toEqual(name === "emulator" ? ["./fixtures/*"] : [])
    const misplaced = modulesOf(name).filter((module) => {
      const file = exports[`./${module}`] ?? ""
      return (
        !file.startsWith("./src/") || basename(file) !== `${basename(module)}.ts` || !exists(`packages/${name}/${file}`)
      )
    })
    expect(misplaced).toEqual([])
  })

  it("publishes the same modules, built", () => {
    const published = Object.fromEntries(
      modulesOf(name).map((module) => {
        const file = `./dist/${exports[`./${module}`]?.slice("./src/".length, -".ts".length)}`
        return [`./${module}`, { types: `${file}.d.ts`, default: `${file}.js` }]
      }),
    )
    const { "./package.json": own, "./fixtures/*": fixtures, ...modules } = publishConfig.exports
    expect(modules).toEqual(published)
    expect(own).toBe("./package.json")
    expect(fixtures).toBe(exports["./fixtures/*"])
  })
})

describe("a module that is not listed", () => {
  const { resolve } = createRequire(join(root, "bench/package.json"))

  it.each(["engine/Driver", "registry/RateBudget", "face/SessionFace", "promise/PromiseFace", "Patience"])(
    "cannot be imported: session/%s",
    (module) => {
      expect(exists(`packages/session/src/${module}.ts`)).toBe(true)
      expect(() => resolve(`@pbx-auth/session/${module}`)).toThrow(/is not defined by "exports"/)
    },
  )

  it("stands beside one that can", () => {
    expect(resolve("@pbx-auth/session/Session")).toBe(join(root, "packages/session/src/Session.ts"))
  })

  it("is imported by name neither from another package nor in an example, and no page names one", () => {
    const imported = sources()
      .flatMap(importsOf)
      .filter((one) => one.specifier.startsWith("@pbx-auth/") && target(one) !== undefined)
      .map(({ specifier }) => specifier)
    const pages = globSync(["*.md", "docs/**/*.md", "packages/*/README.md"], { cwd: root })
      .filter((file) => !file.includes("node_modules"))
      .flatMap((file) => readFileSync(join(root, file), "utf8").match(/@pbx-auth\/[a-z-]+\/[A-Za-z/]+/g) ?? [])
    expect(imported.length).toBeGreaterThan(100)
    expect(pages.length).toBeGreaterThan(10)
    expect([...new Set([...imported, ...pages])].filter((specifier) => !isPublic(specifier))).toEqual([])
  })
})
