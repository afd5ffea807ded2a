/**
 * `tarballs [FOLDER]`: builds every package and packs it into a folder, for projects that use it before it is on npm. Without an
 * argument the folder is `pbx-auth-tarballs` beside the clone. Prints each tarball.
 */
import { join, relative, resolve } from "node:path"
import { parseArgs } from "node:util"
import { must } from "./src/Command.ts"
import * as Table from "./src/Table.ts"
import { pack } from "./src/Tarball.ts"
import { root } from "./src/Workspace.ts"

const { positionals } = parseArgs({ allowPositionals: true })
const folder = resolve(root, positionals[0] ?? "../pbx-auth-tarballs")

await must("node", [join(root, "release/build.ts")], { cwd: root })
for (const { file } of await pack(folder)) Table.print(relative(root, file))
