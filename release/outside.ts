/**
 * `outside [--keep]`: packs our packages, and tries them in a package outside the workspace that has a provider of its own
 * (`release/outside`). Prints how many of its tests passed; exits with 1 if one failed, or if something came from the workspace. With
 * `--keep` the folder stays.
 */
import { rmSync } from "node:fs"
import { mkdtemp } from "node:fs/promises"
import { tmpdir } from "node:os"
import { join } from "node:path"
import { parseArgs } from "node:util"
import { must } from "./src/Command.ts"
import * as Outside from "./src/Outside.ts"
import * as Table from "./src/Table.ts"
import { pack } from "./src/Tarball.ts"
import { root } from "./src/Workspace.ts"

const { values } = parseArgs({ options: { keep: { type: "boolean", default: false } } })
const away = await mkdtemp(join(tmpdir(), "pbx-auth-outside-"))
process.once("exit", () => {
  if (values.keep) Table.print(`kept: ${away}`)
  else rmSync(away, { recursive: true, force: true })
})
for (const signal of ["SIGINT", "SIGTERM", "SIGHUP"] as const) process.once(signal, () => process.exit(130))

await must("node", [join(root, "release/build.ts")], { cwd: root })
const project = await Outside.install(join(away, "acme-voice"), await pack(join(away, "tarballs")))
Table.print(`${await Outside.compile("node", project)} files compiled, none from the workspace`)
const { failed, passed } = await Outside.test("node", project)
for (const failure of failed) Table.print(`failed: ${failure}`)
for (const mistake of Outside.mistakes) {
  await Outside.finds("node", project, mistake)
  Table.print(`found: ${mistake.name}`)
}
Table.print(`${passed} passed${failed.length > 0 ? `, ${failed.length} failed` : ""}`)
if (failed.length > 0 || passed === 0) process.exitCode = 1
