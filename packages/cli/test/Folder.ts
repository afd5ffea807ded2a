/** A folder of its own for what the command keeps, until the tests of a file are over. */
import { mkdtempSync, rmSync } from "node:fs"
import { tmpdir } from "node:os"
import { join } from "node:path"
import { afterAll } from "@effect/vitest"

/** The environment of a user with such a folder. */
export const folder = (): { readonly PBX_AUTH_DIRECTORY: string } => {
  const above = mkdtempSync(join(tmpdir(), "pbx-auth-kept-"))
  afterAll(() => rmSync(above, { recursive: true, force: true }))
  return { PBX_AUTH_DIRECTORY: join(above, "pbx-auth") }
}
