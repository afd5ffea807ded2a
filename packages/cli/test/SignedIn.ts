/** A folder in which somebody is signed in, and what is in it. */
import { assert } from "@effect/vitest"
import { folder } from "./Folder.ts"
import { inside } from "./Inside.ts"

/** A folder in which this account is signed in. */
export const signedInAt =
  (origin: string) =>
  async (provider: string, env: Readonly<Record<string, string>>, ...flags: ReadonlyArray<string>) => {
    const own = folder()
    const login = await inside(["login", provider, "--address", origin, ...flags], { ...own, ...env })
    assert.strictEqual(login.code, 0, login.stderr)
    return { own, login }
  }

/** The profiles of a folder, as `status --json` shows them. */
export const states = async (own: Readonly<Record<string, string>>) => {
  const { code, stdout } = await inside(["status", "--json"], own)
  assert.strictEqual(code, 0)
  return JSON.parse(stdout).profiles
}
