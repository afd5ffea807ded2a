/** Bundles the examples once before the tests, which start them many times. */
import { readdirSync } from "node:fs"
import * as BuiltPrograms from "../../release/src/BuiltPrograms.ts"

const examples = new URL("../examples/", import.meta.url)

export const { bundleOf, setup } = BuiltPrograms.of(
  examples,
  readdirSync(examples).filter((name) => name.endsWith(".ts")),
)
