/** A file system of its own for a suite, where this machine lets a test mount one: a test can fill it without harm to others. */
import { execFileSync } from "node:child_process"
import { mkdtempSync, rmSync, writeFileSync } from "node:fs"
import { tmpdir } from "node:os"
import { join } from "node:path"
import { afterAll, it } from "@effect/vitest"
import * as Effect from "effect/Effect"

/** Harm for as long as the scope is open. */
export const during = (begin: () => void, end: () => void) =>
  Effect.acquireRelease(Effect.sync(begin), () => Effect.sync(end))

/** Makes the place of a suite. It is removed after the suite. */
export const makeDisk = (name: string) => {
  const root = mkdtempSync(join(tmpdir(), `pbx-auth-${name}-`))
  const mount = (...args: ReadonlyArray<string>) => execFileSync("mount", [...args, root], { stdio: "ignore" })
  const isMounted = (() => {
    try {
      mount("-t", "tmpfs", "-o", "size=16m,mode=700", "none")
      return true
    } catch {
      return false
    }
  })()
  const full = during(
    () => {
      try {
        writeFileSync(join(root, "filler"), new Uint8Array(32 * 1024 * 1024))
      } catch {
        // That is how it becomes full.
      }
    },
    () => rmSync(join(root, "filler")),
  )
  return { root, mount, isMounted, full: isMounted ? full : undefined }
}

/** To be called in the `describe` of the suite: it says whether there is such a file system, and removes it afterwards. */
export const useDisk = ({ isMounted, root }: ReturnType<typeof makeDisk>) => {
  afterAll(() => {
    if (isMounted) execFileSync("umount", [root])
    rmSync(root, { recursive: true, force: true })
  })

  it.skipIf(!isMounted)("have a file system of their own (skipped: this user may not mount one)", () => {})
}
