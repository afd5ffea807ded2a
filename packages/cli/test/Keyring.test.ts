/** The sealing key in a real keyring, GNOME's on a message bus of its own: put there, taken back, locked, and where there is none. */
import { execFile } from "node:child_process"
import { existsSync, mkdirSync, readdirSync, readFileSync, statSync } from "node:fs"
import { dirname, join } from "node:path"
import { promisify } from "node:util"
import { assert, describe, it } from "@effect/vitest"
import { lacking } from "servers/src/Programs.ts"
import { titled } from "servers/src/Server.ts"
import { folder } from "./Folder.ts"
import { bin, run } from "./Process.ts"
import { accounts, served } from "./Served.ts"
import { toldFailure } from "./ToldFailure.ts"

const noKeyring = lacking("dbus-run-session", "gnome-keyring-daemon")

const place = async () => {
  const { origin } = await served()
  const own = folder()
  const directory = own.PBX_AUTH_DIRECTORY
  const add = (name: string, source: string) =>
    `profiles add ${name} --provider landstar --address ${origin} --key-source ${source}`
  return {
    own: { ...own, ...accounts.officeManager },
    directory,
    add,
    login: ["login", "landstar", "--address", origin],
    has: (name: string) => existsSync(join(directory, name)),
  }
}

type Own = Readonly<Record<string, string>>

/** A person has logged in: a bus, the keyring opened by a password, then some commands. Each gives its standard output. */
const loggedIn = async (own: Own, ...commands: ReadonlyArray<string>): Promise<ReadonlyArray<string>> => {
  const home = join(dirname(own.PBX_AUTH_DIRECTORY ?? ""), "home")
  mkdirSync(join(home, "data"), { recursive: true })
  const lines = commands.map((command) => `"${process.execPath}" "${bin}" ${command} && echo`)
  const script = `printf made-up | gnome-keyring-daemon --unlock --components=secrets >/dev/null 2>&1\n${lines.join("\n")}`
  const { PATH = "" } = process.env
  const { stderr, stdout } = await promisify(execFile)("dbus-run-session", ["--", "/bin/sh", "-c", script], {
    env: { PATH, HOME: home, XDG_DATA_HOME: join(home, "data"), XDG_RUNTIME_DIR: home, ...own },
    timeout: 50_000,
  })
  assert.notInclude(stderr, "pbx-auth:")
  return stdout.trim().split("\n\n")
}

describe("a keyring", () => {
  it.skipIf(noKeyring !== undefined)(
    titled("takes the key from its file and gives it back, and what was sealed is opened as before", noKeyring),
    async () => {
      const { add, directory, has, login, own } = await place()
      const first = await run(login, own)
      assert.strictEqual(first.code, 0, first.stderr)
      const key = readFileSync(join(directory, "key"), "utf8")
      const kept = await run(["token"], own)
      const [added, token, status] = await loggedIn(
        own,
        add("moved", "keyring"),
        "token --profile landstar",
        "status --json",
      )
      assert.match(added ?? "", /^moved: added/)
      assert.strictEqual(token, kept.stdout.trim())
      assert.strictEqual(JSON.parse(status ?? "{}").key_source, "keyring")
      assert.deepStrictEqual([has("key"), has("keyring")], [false, true])
      const text = readdirSync(directory, { recursive: true, withFileTypes: true })
        .filter((entry) => entry.isFile())
        .map((entry) => readFileSync(join(entry.parentPath, entry.name), "latin1"))
      assert.notInclude(text.join("\n"), key.trim())

      // The person has logged out: a job that runs now finds no keyring.
      const locked = await run(["token", "--profile", "landstar", "--json"], own)
      assert.strictEqual(locked.code, 2)
      const { error, message } = toldFailure(locked.stderr)
      assert.strictEqual(error, "StoreFailed")
      assert.include(message, "locked")

      await loggedIn(own, add("back", "file"))
      assert.deepStrictEqual([has("key"), has("keyring")], [true, false])
      assert.strictEqual(readFileSync(join(directory, "key"), "utf8").trim(), key.trim())
      assert.strictEqual(statSync(join(directory, "key")).mode & 0o777, 0o600)
      assert.strictEqual((await run(["token", "--profile", "landstar"], own)).stdout, kept.stdout)
    },
  )

  it.skipIf(noKeyring !== undefined)(titled("begins with a key that was in no file", noKeyring), async () => {
    const { has, login, own } = await place()
    const [, token] = await loggedIn(own, `${login.join(" ")} --key-source keyring`, "token")
    assert.match(token ?? "", /^\S{8,}$/)
    assert.deepStrictEqual([has("key"), has("keyring")], [false, true])
  })

  it.skipIf(process.platform !== "linux")("that is not there is said, and the key is in a file", async () => {
    const { add, directory, has, login, own } = await place()
    const { code, stderr } = await run([...login], { ...own, PBX_AUTH_KEY_SOURCE: "keyring" })
    assert.strictEqual(code, 0, stderr)
    assert.strictEqual(
      stderr,
      `pbx-auth: The keyring of the operating system is locked, or there is none. Log in, unlock it, or use a key file. The key stays in the file ${directory}/key, which only you can read.\n`,
    )
    assert.deepStrictEqual([has("key"), has("keyring")], [true, false])
    assert.strictEqual(statSync(join(directory, "key")).mode & 0o777, 0o600)
    const json = await run([...login, "--json"], { ...own, PBX_AUTH_KEY_SOURCE: "keyring" })
    assert.deepStrictEqual({ code: json.code, stderr: json.stderr }, { code: 0, stderr: "" })
    const { notice } = JSON.parse(json.stdout)
    assert.strictEqual(`pbx-auth: ${notice}\n`, stderr)
    const added = await run([...add("more", "keyring").split(" "), "--json"], own)
    assert.deepStrictEqual(JSON.parse(added.stdout), { profile: "more", done: "add", notice })
    assert.strictEqual(added.stderr, "")
    const wrong = await run([...login, "--json"], { ...own, PBX_AUTH_KEY_SOURCE: "vault" })
    assert.strictEqual(wrong.code, 2)
    assert.deepInclude(toldFailure(wrong.stderr), { error: "Malformed", look_at: ["PBX_AUTH_KEY_SOURCE"] })
  })
})
