/**
 * `publish [--really]`: builds, packs, checks the tarballs, and has pnpm publish the packages with provenance, each after the
 * packages that it needs. pnpm skips versions that the registry already has, so you can repeat a run that broke off. Without
 * `--really` it does everything except the last step.
 *
 * Provenance is made by a CI job that npm trusts: GitHub Actions or GitLab CI, with leave to ask for an identity token.
 */
import { mkdtemp, rm } from "node:fs/promises"
import { tmpdir } from "node:os"
import { join } from "node:path"
import { parseArgs } from "node:util"
import { must, pnpm } from "./src/Command.ts"
import { complaints } from "./src/Manifests.ts"
import * as Table from "./src/Table.ts"
import { pack } from "./src/Tarball.ts"
import { packages, root } from "./src/Workspace.ts"

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
  const selection = packages.flatMap(({ manifest }) => ["--filter", manifest.name])
  // A release is made from a tag, which is no branch.
  const how = values.really ? ["--provenance"] : ["--dry-run", "--provenance=false"]
  const { stderr, stdout } = await pnpm(
    ["-r", ...selection, "publish", "--access", "public", "--no-git-checks", ...how],
    { cwd: root },
  )
  Table.print(`${stdout}${stderr}`.trim())
} finally {
  await rm(directory, { recursive: true, force: true })
}
