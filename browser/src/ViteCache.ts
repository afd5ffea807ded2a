/** What Vite makes of the packages before a page can have them. It is kept for the next stage until a file of theirs is another one. */
import { createHash, randomUUID } from "node:crypto"
import { cpSync, existsSync, globSync, readdirSync, readFileSync, renameSync, rmSync } from "node:fs"
import { join } from "node:path"
import { fileURLToPath } from "node:url"

const workspace = fileURLToPath(new URL("../..", import.meta.url))

/** By the content of all that is in it, and by the versions of what the pages load besides. */
const hashOf = (files: ReadonlyArray<string>): string => {
  const hash = createHash("sha256")
  for (const file of files) hash.update(`${file}\0`).update(readFileSync(join(workspace, file)))
  return hash.digest("hex")
}

export interface ViteCache {
  readonly folder: string
  /** Keeps the folder for the next one, once Vite has left it. */
  readonly close: () => void
}

/** A folder below this one. Each stage has its own: two that start at once must not share it. */
export const open = (below: string): ViteCache => {
  const hash = hashOf(
    globSync(["packages/*/{src/**/*.ts,package.json}", "pnpm-lock.yaml", "browser/{package.json,src/*.ts}"], {
      cwd: workspace,
    }).sort(),
  )
  const kept = join(below, hash)
  const folder = join(below, randomUUID())
  if (existsSync(kept)) cpSync(kept, folder, { recursive: true })
  return {
    folder,
    close: () => {
      if (!existsSync(kept) && existsSync(folder)) {
        for (const name of readdirSync(below)) {
          if (name.length === hash.length) rmSync(join(below, name), { recursive: true, force: true })
        }
        try {
          renameSync(folder, kept)
        } catch {
          // Another stage has kept the same at the same time.
        }
      }
      rmSync(folder, { recursive: true, force: true })
    },
  }
}
