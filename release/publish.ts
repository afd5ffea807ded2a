/**
 * `publish [--really]`: builds, packs, and hands the tarballs to npm with provenance, whatever needs another after it. Versions
 * that the registry has already are passed over, so that a run that broke off can be repeated. Without `--really` npm does
 * all but the last step.
 *
 * Provenance is made by a CI job that npm trusts: GitHub Actions or GitLab CI, with leave to ask for an identity token.
 */
import { mkdtemp, rm } from "node:fs/promises"
import { tmpdir } from "node:os"
import { join } from "node:path"
import { parseArgs } from "node:util"
import { must, run } from "./src/Command.ts"
import { complaints } from "./src/Manifests.ts"
import * as Table from "./src/Table.ts"
import { pack } from "./src/Tarball.ts"
import { root } from "./src/Workspace.ts"

const { values } = parseArgs({ options: { really: { type: "boolean", default: false } } })

const directory = await mkdtemp(join(tmpdir(), "pbx-auth-publish-"))
try {
  await must("node", [join(root, "release/build.ts")], { cwd: root, shown: true })
  const tarballs = await pack(directory)
  for (const tarball of tarballs) {
    const { name, repository } = tarball.manifest
    const found = await complaints(tarball)
    if (found.length > 0) throw new Error(`${name}: ${found.join("\n")}`)
    if (values.really && repository === undefined) {
      throw new Error(`${name} names no repository, and npm takes provenance only for one that does: add "repository".`)
    }
  }
  for (const { file, manifest } of tarballs) {
    const { name, version } = manifest
    const known = await run("npm", ["view", `${name}@${version}`, "version"], { cwd: directory })
    if (known.code === 0 && known.stdout.trim() === version) {
      Table.print(`${name} ${version} is there already`)
      continue
    }
    const how = values.really ? ["--provenance"] : ["--dry-run", "--provenance=false"]
    await must("npm", ["publish", file, "--access", "public", ...how], { cwd: directory })
    Table.print(`${name} ${version} ${values.really ? "published" : "could be published"}`)
  }
} finally {
  await rm(directory, { recursive: true, force: true })
}
