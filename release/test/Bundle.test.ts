/** Ceilings of weight, and what must not get into a browser. */
import { existsSync } from "node:fs"
import { join } from "node:path"
import { describe, expect, it } from "vitest"
import * as Bundle from "../src/Bundle.ts"
import { loadedBy, ours } from "../src/Weighed.ts"
import { root } from "../src/Workspace.ts"

describe.each(ours)("$shows", ({ ceiling, entry, mustNotAppear }) => {
  const weighed = Bundle.bundle(join("bundles", entry), join(root, "release"))

  it("stays below its ceiling", async () => {
    expect((await weighed).gzip).toBeLessThanOrEqual(ceiling)
  })

  it("has nothing in it that must not be", async () => {
    expect(Bundle.findUnwanted(await weighed, mustNotAppear)).toEqual([])
  })
})

it("names only modules of ours that are there", () => {
  const named = ours
    .flatMap(({ mustNotAppear }) => mustNotAppear)
    .filter((name) => /^@pbx-auth\/(providers|session)\/[^*]+$/.test(name))
  const isThere = (name: string) =>
    existsSync(join(root, name.replace(/^@pbx-auth\/(\w+)\/(.*)$/, "packages/$1/src/$2.ts")))
  expect(named.length).toBeGreaterThan(20)
  expect(named.filter((name) => !isThere(name))).toEqual([])
})

it("knows the modules that a module loads, and that a type loads nothing", () => {
  expect(loadedBy("definition/OwnGrammar")).toEqual(
    expect.arrayContaining(["configuration/OwnOptions", "request/OwnRequest", "refusal/RefusalTable"]),
  )
  expect(loadedBy("definition/OwnGrammar")).not.toContain("description/Provider")
  expect(loadedBy("vendors/ProviderModules")).toEqual(
    expect.arrayContaining(["vendors/SkySwitch", "vendors/Zoom", "vendors/Yeastar"]),
  )
})

describe("what runtimes say of a broken connection", () => {
  const readers = async (condition?: string) => {
    const { modules } = await Bundle.bundle(
      join("bundles", "PromiseClient.ts"),
      join(root, "release"),
      condition === undefined ? [] : [condition],
    )
    return ["RuntimeErrors", "UndiciEvents", "RuntimeErrorsOfTab"].filter((name) =>
      modules.has(`@pbx-auth/providers/wire/${name}`),
    )
  }

  it("is not in a bundle for a tab, where there is nothing to read", async () => {
    expect(await readers()).toEqual(["RuntimeErrorsOfTab"])
  })

  // Wrangler and others bundle for their runtime with the condition `browser` as well.
  it.each(["node", "bun", "deno", "workerd", "edge-light"])("is in a bundle for %s", async (condition) => {
    expect(await readers(condition)).toEqual(["RuntimeErrors", "UndiciEvents"])
  })
})

describe("the check of a provider's description", () => {
  const checks = async (...conditions: ReadonlyArray<string>) => {
    const { modules } = await Bundle.bundle(join("bundles", "DefinedClient.ts"), join(root, "release"), conditions)
    return ["DescriptionCheck", "DescriptionCheckOfBuiltPage"].filter((name) =>
      modules.has(`@pbx-auth/providers/configuration/${name}`),
    )
  }

  it("is not in a page that is built for production", async () => {
    expect(await checks("production")).toEqual(["DescriptionCheckOfBuiltPage"])
  })

  it.each([[[]], [["development"]]])("is in a page with the conditions %j", async (conditions) => {
    expect(await checks(...conditions)).toEqual(["DescriptionCheck"])
  })

  it.each(["node", "bun", "deno", "workerd", "edge-light"])(
    "is in a bundle for %s, also for production",
    async (condition) => {
      expect(await checks("production", condition)).toEqual(["DescriptionCheck"])
    },
  )
})

describe("a module's name", () => {
  it.each([
    ["../packages/machine/src/SessionView.ts", "@pbx-auth/machine/SessionView"],
    ["node_modules/@pbx-auth/session/dist/testing/TokenStoreTest.js", "@pbx-auth/session/testing/TokenStoreTest"],
    ["../node_modules/.pnpm/effect@4.1.0/node_modules/effect/dist/http/Url.js", "effect/http/Url"],
    ["node_modules/effect/dist/index.js", "effect/index"],
    ["node_modules/xstate/dist/raise-effbee0c.esm.js", "xstate/raise-effbee0c.esm"],
  ])("of %s is its package and its place there", (path, name) => {
    expect(Bundle.nameOf(path)).toBe(name)
  })
})

it("finds what must not be in a bundle", () => {
  const bundle = {
    minified: 0,
    gzip: 0,
    modules: new Map([
      ["effect/index", 1],
      ["effect/Effect", 1],
      ["@pbx-auth/emulator/World", 1],
    ]),
    external: ["node:fs"],
    text: "export default new Function('return 1')",
  }
  expect(Bundle.findUnwanted(bundle, ["effect/index", "@pbx-auth/emulator/*"])).toEqual([
    "effect/index",
    "@pbx-auth/emulator/World",
    "node:fs",
    "code made from text",
  ])
})
