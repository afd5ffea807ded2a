/**
 * The house: which room may import which, and what each may import from outside. Zero circles.
 */
import { globSync, readFileSync } from "node:fs"
import { join } from "node:path"
import { describe, expect, it } from "vitest"
import { circles, exists, type Import, importsIn, importsOf, root, sources, target } from "./Imports.ts"

interface Room {
  /** The rooms that it may know. */
  readonly rooms: ReadonlyArray<string>
  /** What it may import from outside the house. */
  readonly outside: RegExp
  /** What single files of it may import besides: those in which a process begins. */
  readonly besides?: Readonly<Record<string, RegExp>>
}

const EFFECT = /^effect\/./
const NODE = /^(node:|@effect\/platform-node\/)./

const house: Readonly<Record<string, Room>> = {
  machine: { rooms: [], outside: /^xstate$/ },
  providers: { rooms: [], outside: EFFECT },
  session: { rooms: ["machine", "providers"], outside: /^(effect\/.+|xstate)$/ },
  // What is kept beyond a process. Each adapter that needs a driver is a room of its own.
  store: { rooms: ["session", "machine", "providers"], outside: EFFECT },
  "store-node": {
    rooms: ["store", "session", "providers"],
    outside: /^(effect\/.|node:|@effect\/platform-node-shared\/.|@napi-rs\/keyring$)/,
  },
  "store-postgres": { rooms: ["store", "session", "providers"], outside: /^(effect|@effect\/sql-pg)\/./ },
  "store-redis": { rooms: ["store", "session", "providers"], outside: /^(effect\/.+|node:.+|@redis\/client)$/ },
  // It finds who renews. It knows sessions, and no store: what it needs of one is `TokenStore`.
  cluster: { rooms: ["session"], outside: /^(effect\/.|@effect\/platform-node-shared\/.)/ },
  emulator: { rooms: [], outside: EFFECT, besides: { "bin.ts": NODE, server: NODE } },
  // The words of a session's surface (its providers, addresses, errors) live in `providers`; every user of a session meets them.
  cli: {
    rooms: ["session", "store", "store-node", "emulator", "providers"],
    outside: /^(effect\/|node:|@effect\/platform-node\/)./,
  },
  docs: {
    rooms: [
      "session",
      "store",
      "store-node",
      "store-postgres",
      "store-redis",
      "cluster",
      "machine",
      "emulator",
      "providers",
    ],
    outside: /^(effect\/.+|xstate|node:.+)$/,
    besides: {
      // What makes and tries the site. Examples know nothing of it.
      site: /^(astro$|astro\/.|astro:content$|@astrojs\/(preact|starlight)(\/|$)|@viz-js\/viz$|sirv$)/,
      playground: /^preact(\/|$)/,
      check: /^(playwright-core$|axe-core$|esbuild$)/,
      reference: /^(typescript-api|github-slugger)$/,
      test: /^(vitest$|servers\/.|github-slugger$|diff$)/,
      examples: /^(undici$|@statelyai\/inspect$|@effect\/(platform-node|sql-pg)\/.)/,
    },
  },
}

const roomOf = (file: string) => (file.startsWith("packages/") ? (file.split("/")[1] ?? "") : "docs")
const inRoom = (file: string) => file.replace(/^packages\/[^/]+\/src\//, "").replace(/^docs\//, "")

/** Everything that is wrong with an import, as sentences; none if it is right. */
const wrongs = (an: Import): ReadonlyArray<string> => {
  const { file, specifier } = an
  const name = roomOf(file)
  const room = house[name]
  const says = (what: string) => [`${file} imports ${specifier}: ${what}`]
  if (room === undefined) return says("a room that the house does not know")
  const at = target(an)
  if (at === undefined) {
    if (specifier === "effect") return says("the barrel; import the module, such as effect/Effect")
    const besides = Object.entries(room.besides ?? {}).some(
      ([place, allowed]) => inRoom(file).split("/")[0] === place && allowed.test(specifier),
    )
    return room.outside.test(specifier) || besides ? [] : says(`${name} may not`)
  }
  if (!exists(at)) return says("there is no such file")
  // What a package names for itself, in `imports`.
  if (specifier.startsWith("#")) return []
  if (specifier.startsWith(".")) {
    if (roomOf(at) !== name) return says("a way through the wall; go by the package's name")
    return /\.(ts|json)$/.test(specifier) ? [] : says("with its ending, please")
  }
  if (!room.rooms.includes(roomOf(at))) return says(`${name} may not know ${roomOf(at)}`)
  return []
}

const files = sources()
/** The files that load what they are told: the file of a user's provider or witness, and each example in turn. */
const loaders = [
  "packages/cli/src/provider/OwnProvider.ts",
  "packages/emulator/src/server/WitnessFile.ts",
  "docs/test/ExampleHost.ts",
]
const imports = files
  .flatMap(importsOf)
  .filter(({ file, specifier }) => !loaders.includes(file) || specifier !== "(computed)")

describe("the arrows", () => {
  it("are read from all rooms", () => {
    expect([...new Set(files.map(roomOf))].sort()).toEqual(Object.keys(house).sort())
    expect(imports.length).toBeGreaterThan(files.length)
  })

  it.each(Object.keys(house))("%s knows what it may know, and nothing else", (room) => {
    expect(imports.filter(({ file }) => roomOf(file) === room).flatMap(wrongs)).toEqual([])
  })

  it("would not be drawn otherwise", () => {
    const wrong = (file: string, specifier: string) => wrongs({ file, specifier }).join()
    expect(wrong("packages/machine/src/SessionMachine.ts", "effect/Effect")).toContain("machine may not")
    expect(wrong("packages/machine/src/SessionMachine.ts", "node:fs")).toContain("machine may not")
    expect(wrong("packages/providers/src/token/Token.ts", "@pbx-auth/machine/Renewal")).toContain(
      "may not know machine",
    )
    expect(wrong("packages/providers/src/token/Token.ts", "xstate")).toContain("providers may not")
    expect(wrong("packages/providers/src/token/Token.ts", "node:crypto")).toContain("providers may not")
    expect(wrong("packages/session/src/engine/Driver.ts", "@effect/platform-node/NodeHttpClient")).toContain(
      "session may not",
    )
    expect(wrong("docs/site/astro.config.ts", "@astrojs/starlight")).toBe("")
    expect(wrong("docs/examples/effect-app.ts", "@astrojs/starlight")).toContain("docs may not")
    expect(wrong("docs/examples/effect-app.ts", "preact")).toContain("docs may not")
    expect(wrong("docs/check/Links.ts", "preact")).toContain("docs may not")
    expect(wrong("packages/emulator/src/world/World.ts", "node:fs")).toContain("emulator may not")
    expect(wrong("packages/emulator/src/bin.ts", "node:fs")).toBe("")
    expect(wrong("packages/emulator/src/world/World.ts", "@pbx-auth/providers/Token")).toContain(
      "may not know providers",
    )
    expect(wrong("packages/session/src/engine/Driver.ts", "effect")).toContain("barrel")
    expect(wrong("packages/session/src/engine/Driver.ts", "../../../machine/src/Renewal.ts")).toContain(
      "through the wall",
    )
    expect(wrong("packages/session/src/engine/Driver.ts", "@pbx-auth/machine/Nowhere")).toContain("no such file")
    expect(wrong("packages/cellar/src/Wine.ts", "effect/Effect")).toContain("does not know")
  })

  it("are declared: what a room imports stands in its package.json", () => {
    const undeclared = Object.keys(house).flatMap((room) => {
      const path = room === "docs" ? "docs/package.json" : `packages/${room}/package.json`
      const { dependencies, devDependencies, peerDependencies } = JSON.parse(readFileSync(join(root, path), "utf8"))
      // A published package must declare what it needs at run time. Docs are not published, and the command is bundled to one file.
      const bundled = room === "cli" || room === "docs"
      const declared = { ...dependencies, ...peerDependencies, ...(bundled ? devDependencies : {}) }
      return imports
        .filter(({ file }) => roomOf(file) === room && !inRoom(file).startsWith("test/"))
        .filter(({ specifier }) => !/^(\.|#|node:|astro:)/.test(specifier))
        .map(({ specifier }) => /^(@[^/]+\/)?[^/]+/.exec(specifier)?.[0] ?? specifier)
        .filter((name) => !(name in declared))
        .map((name) => `${path} does not declare ${name}`)
    })
    expect([...new Set(undeclared)]).toEqual([])
  })
})

describe("the circles", () => {
  const graph = new Map(
    files.map((file) => [
      file,
      importsOf(file)
        .map(target)
        .filter((to) => to !== undefined),
    ]),
  )

  it("are none", () => {
    expect(circles(graph)).toEqual([])
  })

  it("would be found: of two, of three by a type alone, of one, and apart from what only leads to them", () => {
    const arrows = (drawn: Record<string, ReadonlyArray<string>>) => circles(new Map(Object.entries(drawn)))
    expect(arrows({ a: ["b"], b: ["a"] })).toEqual([["a", "b"]])
    expect(arrows({ door: ["a"], a: ["b", "out"], b: ["c"], c: ["a"], out: [] })).toEqual([["a", "b", "c"]])
    expect(arrows({ a: ["a"] })).toEqual([["a"]])
    expect(arrows({ a: ["b", "c"], b: ["c"], c: [] }), "a diamond is no circle").toEqual([])
    expect(arrows({ a: ["b"], b: ["a", "c"], c: ["d"], d: ["c"] })).toEqual([
      ["c", "d"],
      ["a", "b"],
    ])
  })

  it("would be found in sources, too", () => {
    const one = "packages/machine/src/One.ts"
    const two = "packages/machine/src/Two.ts"
    const drawn = new Map(
      [
        [one, `import type { Two } from "./Two.ts"`] as const,
        [two, `export type One = import("./One.ts").One`] as const,
      ].map(([file, source]) => [
        file,
        importsIn(file, source)
          .map(target)
          .filter((to) => to !== undefined),
      ]),
    )
    expect(circles(drawn)).toEqual([[one, two]])
  })
})

it("an import is found in every form that it has", () => {
  const source = `
    import type { A } from "a"
    import { type B } from "b"
    import "c"
    export * from "d"
    export type { E } from "e"
    const f = (x: import("f").F) => import("g")
    import h = require("h")
    import(f.name)
    // import "a comment"
    const text = \`import "a text"\` + /import "a pattern"/
  `
  expect(importsIn("x.ts", source).map(({ specifier }) => specifier)).toEqual([
    ...["a", "b", "c", "d", "e", "f", "g", "h"],
    "(computed)",
  ])
})

it("effect/http, which is not stable yet, is touched in few places", () => {
  const places = [
    "packages/providers/src/wire/HttpClientTransport.ts",
    "packages/session/src/BearerHttpClient.ts",
    "packages/session/src/BearerTransform.ts",
  ]
  const touching = imports
    .filter(({ file, specifier }) => /^effect\/http(\/|$)/.test(specifier) && file.startsWith("packages/"))
    .map(({ file }) => file)
    .filter((file) => !/^packages\/(emulator|cli)\//.test(file))
  expect([...new Set(touching)].filter((file) => !places.includes(file))).toEqual([])
})

it("a file is a noun: no types, utils, helpers, common", () => {
  const anything = globSync(["packages/*/{src,test}/**/*", "docs/**/*", "scripts/**/*", "test/**/*"], { cwd: root })
  const vague = /(^|\/)(types?|utils?|helpers?|common|misc|shared|index)(\.[^/]*)?$/i
  expect(anything.filter((path) => !path.includes("node_modules") && vague.test(path))).toEqual([])
})
