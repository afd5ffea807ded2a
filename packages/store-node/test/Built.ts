/** Bundles the programs that the tests start, once before them. */
import * as BuiltPrograms from "../../../release/src/BuiltPrograms.ts"

export const { bundleOf, setup } = BuiltPrograms.of(new URL("./", import.meta.url), ["SqliteCrowd.ts", "KeptApp.ts"])
