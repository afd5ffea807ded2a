/**
 * What a kept token costs a shell: the command as it is installed, with its key file, its sealed record and a real unsealing, beside
 * another command that keeps a token, and beside a sign-in.
 */
import { mkdir, writeFile } from "node:fs/promises"
import { join } from "node:path"
import { provider } from "@pbx-auth/providers/SkySwitch"
import { must, run } from "release/src/Command.ts"
import * as Emulated from "release/src/Emulated.ts"
import { atMost, type Bar, type Table, tableOf } from "./Board.ts"
import { race } from "./Rounds.ts"

const BARE = "node -e 0"
const KEPT = "pbx-auth token, kept"
const SIGN_IN = "pbx-auth token PROVIDER, with a sign-in"
const PEER = "gh auth token"

/** An account of the emulator's own world. */
const account = {
  PBX_AUTH_CLIENT_ID: "your-client-id",
  PBX_AUTH_CLIENT_SECRET: "your-client-secret",
  PBX_AUTH_USERNAME: "111@abc-company",
  PBX_AUTH_PASSWORD: "1234",
}

/** The environment of GitHub's command (Debian's package `gh`), with a made-up token in its own file; `undefined` if it is not there. */
const peer = async (away: string) => {
  const folder = join(away, "gh")
  await mkdir(folder)
  await writeFile(join(folder, "hosts.yml"), "github.com:\n    user: someone\n    oauth_token: made-up\n")
  const env = { GH_CONFIG_DIR: folder, GH_TOKEN: "", GITHUB_TOKEN: "" }
  const isThere = await run("gh", ["auth", "token"], { cwd: away, env }).then(
    ({ stdout }) => stdout === "made-up\n",
    () => false,
  )
  return isThere ? env : undefined
}

/** The start of each, by turns, so many rounds. */
export const measure = async (
  program: string,
  away: string,
  rounds: number,
): Promise<{ readonly table: Table; readonly bar: Bar; readonly notes: ReadonlyArray<string> }> => {
  const node = process.execPath
  await using emulator = await Emulated.begin(node, [program, "emulator"], away)
  const address = emulator.origin
  const env = { PBX_AUTH_DIRECTORY: join(away, "kept") }
  await must(node, [program, "login", provider.id, "--address", address], { cwd: away, env: { ...env, ...account } })
  const gh = await peer(away)
  const started = (command: string, args: ReadonlyArray<string>, more: Readonly<Record<string, string>> = {}) => ({
    run: async () => (await must(command, args, { cwd: away, env: { ...env, ...more } })).millis,
  })
  const contenders = [
    { name: BARE, ...started(node, ["-e", "0"]) },
    { name: KEPT, ...started(node, [program, "token"]) },
    { name: SIGN_IN, ...started(node, [program, "token", provider.id, "--address", address], account) },
    ...(gh === undefined ? [] : [{ name: PEER, ...started("gh", ["auth", "token"], gh) }]),
  ]
  const samples = await race(contenders, { rounds, warmUp: 1 })
  const table = tableOf("a kept token in a shell", "ms", contenders, samples, BARE)
  return {
    table,
    bar: atMost(table, KEPT, 1.5),
    notes: gh === undefined ? ["gh is not installed, so there is no other kept token beside ours"] : [],
  }
}
