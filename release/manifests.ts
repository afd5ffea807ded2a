/** `manifests`: builds nothing, packs what is built, and checks it with publint and Are the types wrong?. */
import { mkdtemp, rm } from "node:fs/promises"
import { tmpdir } from "node:os"
import { join } from "node:path"
import { complaints } from "./src/Manifests.ts"
import * as Table from "./src/Table.ts"
import { importable, pack } from "./src/Tarball.ts"

const directory = await mkdtemp(join(tmpdir(), "pbx-auth-pack-"))
try {
  const tarballs = await pack(directory)
  const looked = await Promise.all(tarballs.map(async (tarball) => ({ tarball, found: await complaints(tarball) })))
  const rows = looked.map(({ found, tarball }) => [
    `${tarball.manifest.name} ${tarball.manifest.version}`,
    `${(tarball.bytes / 1000).toFixed(1)} kB`,
    tarball.files.length,
    importable(tarball).length,
    found.length === 0 ? "clean" : `${found.length} complaints`,
  ])
  Table.print(Table.format(["tarball", "gzip", "files", "modules", ""], rows))
  for (const { found, tarball } of looked)
    for (const words of found) Table.print(`\n${tarball.manifest.name}: ${words}`)
  if (looked.some(({ found }) => found.length > 0)) process.exitCode = 1
} finally {
  await rm(directory, { recursive: true, force: true })
}
