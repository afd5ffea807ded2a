/**
 * `npm run providers -- --write` derives what follows from the providers' values and from the witnesses, so that nobody keeps it by hand:
 *
 * - the modules of the catalog, and those of the emulator: the vendors that are always there, and the others;
 * - what the command and the playground know of a provider before they load it;
 * - the `exports` of both packages, and what is published of them;
 * - the list of the values for the test of their types, with what the fixtures say that each can do;
 * - the lists of providers in the docs, and the parts of each provider's page that its value says.
 *
 * A file of `packages/providers/src/vendors` that exports a `provider` is one. A file that exports a `witness` is one, too: in
 * `packages/emulator/src/residents` it is always there, and in `witnesses` beside that when it is given. Without `--write` it says what is
 * out of date.
 */
import { existsSync, globSync, readdirSync, readFileSync, writeFileSync } from "node:fs"
import { fileURLToPath } from "node:url"
import * as ProviderEntry from "../packages/cli/src/provider/ProviderEntry.ts"
import type { Provider } from "../packages/providers/src/description/Provider.ts"

const root = new URL("../", import.meta.url)
const values = new URL("packages/providers/src/vendors/", root)
const residents = new URL("packages/emulator/src/residents/", root)
const witnesses = new URL("packages/emulator/src/witnesses/", root)
const fixtures = new URL("packages/emulator/fixtures/", root)

const text = (file: URL): string => (existsSync(file) ? readFileSync(file, "utf8") : "")

/** A file that is derived, and what it must say. */
interface Derived {
  readonly file: URL
  readonly text: string
}

const modulesIn = (folder: URL, constant: string): ReadonlyArray<string> =>
  readdirSync(folder)
    .filter(
      (name) =>
        name.endsWith(".ts") && new RegExp(`^export const ${constant}\\b`, "m").test(text(new URL(name, folder))),
    )
    .map((name) => name.slice(0, -".ts".length))
    .sort()

/** The modules of the providers' values, by name. */
export const modules = (): ReadonlyArray<string> => modulesIn(values, "provider")

/** The modules of the witnesses, by name. */
export const witnessModules = (): ReadonlyArray<string> => modulesIn(witnesses, "witness")

/** The modules of the vendors that the emulator always plays, in the order of their `place`. */
export const residentModules = (): ReadonlyArray<string> => {
  const placeOf = (name: string) =>
    Number(/^export const place = (\d+)$/m.exec(text(new URL(`${name}.ts`, residents)))?.[1] ?? Number.MAX_VALUE)
  return [...modulesIn(residents, "witness")].sort((one, other) => placeOf(one) - placeOf(other))
}

/** A module that has each of them by its name. */
const listOf = (heading: string, names: ReadonlyArray<string>, place: string): string =>
  [
    `/** ${heading} \`npm run providers -- --write\` writes it. */`,
    ...names.map((name) => `import * as ${name} from "${place}${name}.ts"`),
    "",
    "/** Their modules. */",
    "// biome-ignore format: a line for each",
    "export const modules = [",
    ...names.map((name) => `  ${name},`),
    "]",
    "",
  ].join("\n")

/** Each value that a module exports, by the name of its constant. */
const valuesOf = async (module: string): Promise<ReadonlyArray<readonly [constant: string, Provider]>> => {
  const exported: Readonly<Record<string, unknown>> = await import(new URL(`${module}.ts`, values).href)
  return Object.entries(exported)
    .sort(([one], [other]) => (one < other ? -1 : 1))
    .flatMap(([constant, value]) => {
      const { capabilities, id } = (value ?? {}) as Partial<Provider>
      return id !== undefined && capabilities instanceof Set ? [[constant, value as Provider] as const] : []
    })
}

/** The provider of each module. */
const providersOf = (names: ReadonlyArray<string>): Promise<ReadonlyArray<readonly [module: string, Provider]>> =>
  Promise.all(
    names.map(async (name) => {
      const { provider } = (await import(new URL(`${name}.ts`, values).href)) as { readonly provider: Provider }
      return [name, provider] as const
    }),
  )

/** A module that has the witness of each. It holds no module whole: a browser would load all that it exports. */
const residentsOf = (names: ReadonlyArray<string>): string =>
  [
    "/** Every file beside this one that exports a `witness`, by its `place`. `npm run providers -- --write` writes it. */",
    ...[...names].sort().map((name) => `import { witness as ${name} } from "./${name}.ts"`),
    "",
    "/** Their witnesses. Where two have one path, the first answers. */",
    "// biome-ignore format: a line for each",
    "export const residents = [",
    ...names.map((name) => `  ${name},`),
    "] as const",
    "",
  ].join("\n")

/** What the command knows of each provider, by id. */
const indexOf = async (names: ReadonlyArray<string>): Promise<string> => {
  const all = await Promise.all(names.map(valuesOf))
  const entries = all
    .flat()
    .map(([, provider]) => [provider.id, ProviderEntry.of(provider)] as const)
    .sort(([one], [other]) => (one < other ? -1 : 1))
  return `${JSON.stringify(Object.fromEntries(entries), null, 2)}\n`
}

/** The id of each provider, by the name of its module. */
const idsOf = async (names: ReadonlyArray<string>): Promise<string> =>
  [
    "/** The id of each provider, by the name of its module. `npm run providers -- --write` writes it. */",
    "export const ids = {",
    ...(await providersOf(names)).map(([name, { id }]) => `  ${name}: "${id}",`),
    "} as const",
    "",
  ].join("\n")

/** Each value that a module exports, and what the `suite.json` of its fixtures says that a session there can do. */
const capabilitiesOf = async (names: ReadonlyArray<string>): Promise<string> => {
  const said = new Map(
    globSync("*/suite*.json", { cwd: fileURLToPath(fixtures) }).map((file) => {
      const suite = JSON.parse(text(new URL(file, fixtures)))
      return [suite.provider as string, suite.capabilities as ReadonlyArray<string>]
    }),
  )
  const members: Array<string> = []
  for (const name of names) {
    for (const [constant, { id }] of await valuesOf(name)) {
      const can = (said.get(id) ?? []).map((one) => JSON.stringify(one)).join(" | ")
      members.push(`  "${id}": [typeof ${name}.${constant}, ${can || "never"}]`)
    }
  }
  return [
    "/** Each provider's value, and what its fixtures say that it can do. `npm run providers -- --write` writes it. */",
    ...names.map((name) => `import type * as ${name} from "@pbx-auth/providers/${name}"`),
    "",
    "// biome-ignore format: a line for each",
    "export interface ProviderCapabilities {",
    ...members,
    "}",
    "",
  ].join("\n")
}

/** Keys in order; patterns, and the manifest itself, are the last. */
const sorted = <A>(exports: Readonly<Record<string, A>>): Readonly<Record<string, A>> => {
  const key = (name: string) => `${/\*|json$/.test(name) ? 1 : 0}${name.toLowerCase()}`
  return Object.fromEntries(Object.entries(exports).sort(([one], [other]) => (key(one) < key(other) ? -1 : 1)))
}

type Paths = Readonly<Record<string, string>>

const mapped = <A, B>(of: Readonly<Record<string, A>>, make: (value: A) => B): Readonly<Record<string, B>> =>
  Object.fromEntries(Object.entries(of).map(([key, value]) => [key, make(value)]))

/** A path, or one for each condition of a runtime. */
type Conditional = string | { readonly [condition: string]: Conditional }

/** The place of a source in what is built. */
const built = (source: string, ending: string): string => source.replace(/^\.\/src\/(.*)\.ts$/, `./dist/$1${ending}`)

const builtOf = (paths: Conditional): Conditional =>
  typeof paths === "string" ? built(paths, ".js") : mapped(paths, builtOf)

const isModule = (path: string): boolean => path.endsWith(".ts")

/**
 * A manifest whose `exports` have these modules of a folder, under this name, and none that is gone. What is published are the same modules,
 * built; patterns, and the manifest itself, are published as they stand there.
 */
const manifestOf = (name: string, subpath: string, folder: string, names: ReadonlyArray<string>): Derived => {
  const file = new URL(`packages/${name}/package.json`, root)
  const manifest = JSON.parse(text(file))
  const isThere = ([, path]: readonly [string, string]) => !isModule(path) || existsSync(new URL(path, file))
  const kept: Paths = Object.fromEntries(Object.entries<string>(manifest.exports).filter(isThere))
  const exports = sorted({
    ...kept,
    ...Object.fromEntries(names.map((module) => [`${subpath}${module}`, `./src/${folder}/${module}.ts`])),
  })
  const modules = Object.fromEntries(Object.entries(exports).filter(([, path]) => isModule(path)))
  const others = Object.entries(manifest.publishConfig.exports).filter(([, path]) => typeof path === "string")
  const made = {
    ...manifest,
    exports,
    publishConfig: {
      ...manifest.publishConfig,
      ...(manifest.imports && { imports: builtOf(manifest.imports) }),
      exports: sorted({
        ...mapped(modules, (path) => ({ types: built(path, ".d.ts"), default: built(path, ".js") })),
        ...Object.fromEntries(others),
      }),
    },
  }
  return { file, text: `${JSON.stringify(made, null, 2)}\n` }
}

/** Each list that is derived from the files' names and the values. */
const lists = async (): Promise<ReadonlyArray<Derived>> => {
  const [names, played] = [modules(), witnessModules()]
  return [
    {
      file: new URL("ProviderModules.ts", values),
      text: listOf("Every file beside this one that exports a `provider`.", names, "./"),
    },
    {
      file: new URL("packages/emulator/src/server/WitnessModules.ts", root),
      text: listOf("Every file of `witnesses`.", played, "../witnesses/"),
    },
    { file: new URL("ResidentList.ts", residents), text: residentsOf(residentModules()) },
    { file: new URL("docs/playground/ProviderId.ts", root), text: await idsOf(names) },
    { file: new URL("packages/cli/src/provider/ProviderIndex.json", root), text: await indexOf(names) },
    {
      file: new URL("packages/session/typetest/ProviderCapabilities.ts", root),
      text: await capabilitiesOf(names),
    },
    manifestOf("providers", "./", "vendors", names),
    manifestOf("emulator", "./witnesses/", "witnesses", played),
  ]
}

/** The pages. Their program reads the catalog, so it is loaded when the catalog is right. */
const pages = async (): Promise<ReadonlyArray<Derived>> => (await import("../docs/test/ProviderPage.ts")).derived()

const outdatedOf = (all: ReadonlyArray<Derived>) => all.filter((one) => text(one.file) !== one.text)

/** The files that are lists, from the root. */
export const listFiles = async (): Promise<ReadonlyArray<string>> =>
  (await lists()).map(({ file }) => file.pathname.slice(root.pathname.length))

/** What is out of date. */
export const outdated = async (): Promise<ReadonlyArray<Derived>> =>
  outdatedOf([...(await lists()), ...(await pages())])

/** Writes what is out of date. */
const write = async () => {
  for (const part of [lists, pages]) for (const { file, text } of outdatedOf(await part())) writeFileSync(file, text)
}

/** Says what is out of date. */
const check = async () => {
  const old = (await outdated()).map(({ file }) => file.pathname.slice(root.pathname.length))
  if (old.length === 0) return
  process.stderr.write(`Out of date: ${old.join(", ")}. Run npm run providers -- --write.\n`)
  process.exitCode = 1
}

if (process.argv[1] === fileURLToPath(import.meta.url)) await (process.argv.includes("--write") ? write() : check())
