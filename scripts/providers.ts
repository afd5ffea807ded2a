/**
 * `npm run providers -- --write` derives the lists of providers from the values in `packages/providers/src`: the modules of the catalog, and what the
 * command knows of a provider before it loads it. Each file there that exports a `provider` is one. Without `--write` it says which list is
 * out of date.
 */
import { existsSync, readdirSync, readFileSync, writeFileSync } from "node:fs"
import { fileURLToPath } from "node:url"
import * as ProviderEntry from "../packages/cli/src/ProviderEntry.ts"
import type { Provider } from "../packages/providers/src/Provider.ts"

const root = new URL("../", import.meta.url)
const values = new URL("packages/providers/src/", root)

const text = (file: URL): string => (existsSync(file) ? readFileSync(file, "utf8") : "")

/** The modules of the values, by name. */
export const modules = (folder: URL = values): ReadonlyArray<string> =>
  readdirSync(folder)
    .filter((name) => name.endsWith(".ts") && /^export const provider\b/m.test(text(new URL(name, folder))))
    .map((name) => name.slice(0, -".ts".length))
    .sort()

/** Each of them by its name. */
const modulesOf = (names: ReadonlyArray<string>): string =>
  [
    "/** Every file beside this one that exports a `provider`. `npm run providers -- --write` writes it. */",
    ...names.map((name) => `import * as ${name} from "./${name}.ts"`),
    "",
    "/** Their modules. */",
    "export const modules = [",
    ...names.map((name) => `  ${name},`),
    "]",
    "",
  ].join("\n")

/** What the command knows of each provider, by id. */
const indexOf = async (folder: URL, names: ReadonlyArray<string>): Promise<string> => {
  const entries: Array<readonly [string, ProviderEntry.Entry]> = []
  for (const name of names) {
    const { provider } = (await import(new URL(`${name}.ts`, folder).href)) as { readonly provider: Provider }
    entries.push([provider.id, ProviderEntry.of(provider)])
  }
  entries.sort(([one], [other]) => (one < other ? -1 : 1))
  return `${JSON.stringify(Object.fromEntries(entries), null, 2)}\n`
}

/** Each list that is derived: its file, and what it must say. */
export const lists = async (
  folder: URL = values,
): Promise<ReadonlyArray<{ readonly file: URL; readonly text: string }>> => {
  const names = modules(folder)
  return [
    { file: new URL("ProviderModules.ts", values), text: modulesOf(names) },
    { file: new URL("packages/cli/src/ProviderIndex.json", root), text: await indexOf(folder, names) },
  ]
}

/** Those that are out of date. */
export const outdated = async () => (await lists()).filter((list) => text(list.file) !== list.text)

/** Writes those that are out of date. */
const write = async () => {
  for (const { file, text } of await outdated()) writeFileSync(file, text)
}

/** Says which are out of date. */
const check = async () => {
  const old = (await outdated()).map(({ file }) => file.pathname.slice(root.pathname.length))
  if (old.length === 0) return
  process.stderr.write(`Out of date: ${old.join(", ")}. Run npm run providers -- --write.\n`)
  process.exitCode = 1
}

if (process.argv[1] === fileURLToPath(import.meta.url)) await (process.argv.includes("--write") ? write() : check())
