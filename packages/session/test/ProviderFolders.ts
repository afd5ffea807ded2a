/** Every provider of the library, with the folder of its fixtures and its witness. */
import { readdirSync, readFileSync } from "node:fs"
import { openEmulator } from "@pbx-auth/emulator/OpenEmulator"
import type { AnyWitness } from "@pbx-auth/emulator/Witness"
import { type Documented, families } from "@pbx-auth/providers/Catalog"
import { configure } from "@pbx-auth/providers/Configuration"
import type { Defined } from "@pbx-auth/providers/Definition"
import type { Capability, Provider } from "@pbx-auth/providers/Provider"
import * as FixtureFolder from "@pbx-auth/session/testing/FixtureFolder"

const fixtures = new URL("../../emulator/fixtures/", import.meta.url)
const witnesses = new URL("../../emulator/src/witnesses/", import.meta.url)

/** A provider that checks options of whatever form. */
type AnyProvider = Defined<Capability, never>

/** Every value, also where a file has several. */
export const providers: ReadonlyArray<Documented> = families.flat()

/** The folders of fixtures. */
export const folders: ReadonlyArray<string> = readdirSync(fixtures, { withFileTypes: true }).flatMap((entry) =>
  entry.isDirectory() ? [entry.name] : [],
)

/** The texts of a folder. */
export const filesOf = (folder: string): FixtureFolder.Files =>
  Object.fromEntries(
    readdirSync(new URL(`${folder}/`, fixtures)).map((name) => [
      name,
      readFileSync(new URL(`${folder}/${name}`, fixtures), "utf8"),
    ]),
  )

/** The suites of the folders, by the ids of their providers. */
export const suites = folders.flatMap((folder) => {
  const files = filesOf(folder)
  return Object.entries(files).flatMap(([name, text]) =>
    FixtureFolder.isSuite(name) ? [{ id: FixtureFolder.providerOf(text), folder, files, text }] : [],
  )
})

const played = await Promise.all(
  readdirSync(witnesses).map(async (name) => {
    const { witness } = (await import(new URL(name, witnesses).href)) as { readonly witness: AnyWitness }
    return witness
  }),
)

/** What a provider's suite needs. Parts of its value may be wrong. */
export const suiteOf = (id: string, wrong: Partial<Provider> = {}) => {
  const suite = suites.find((one) => one.id === id)
  const right = providers.find((one) => one.id === id)
  if (suite === undefined || right === undefined) throw new Error(`No suite of ${id}`)
  const provider: AnyProvider = { ...right, ...wrong, configure: (options) => configure(provider, options) }
  const fixtures = FixtureFolder.read(provider, suite.files, suite.text)
  const hosts = fixtures.accounts.map(({ account }) => new URL(account.address.origin).hostname)
  // A vendor without a witness of its own is played by one that is always there.
  const own = played.filter((witness) => witness.id === suite.folder).map((witness) => ({ ...witness, hosts }))
  const open = () => openEmulator({ clock: "steered", witnesses: own })
  return { fixtures, open, provider }
}
