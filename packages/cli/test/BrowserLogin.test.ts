/** A person signs in at a browser: the command as a process, a vendor on this machine, and the test as the person's browser. */
import { chmodSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs"
import { tmpdir } from "node:os"
import { delimiter, join } from "node:path"
import { fileURLToPath } from "node:url"
import { afterAll, assert, describe, it } from "@effect/vitest"
import * as SteerableClock from "@pbx-auth/emulator/SteerableClock"
import * as Effect from "effect/Effect"
import { openVendor } from "./BrowserVendor.ts"
import { folder } from "./Folder.ts"
import { inside } from "./Inside.ts"
import { type Running, run, start } from "./Process.ts"
import { toldFailure } from "./ToldFailure.ts"

const file = fileURLToPath(new URL("own/Browser.ts", import.meta.url))

const made = async (world: Parameters<typeof openVendor>[0] = {}) => {
  const vendor = await openVendor(world)
  afterAll(vendor.close)
  const own = folder()
  const login = ["login", "--provider", file, "--address", vendor.address, "--profile", "browser"]
  return { vendor, own, login, what: () => vendor.asked }
}

/** What matches in what a command has told so far; waits for it. */
const heard = (running: Running, pattern: RegExp): Promise<string> =>
  new Promise((resolve, reject) => {
    const look = () => {
      const [, found] = pattern.exec(running.output.stderr) ?? []
      if (found !== undefined) resolve(found)
    }
    running.child.stderr?.on("data", look)
    running.child.once("close", () => reject(new Error(`It ended: ${running.output.stderr}`)))
    look()
  })

const page = (running: Running) => heard(running, /^ {2}(http:\S+)$/m)

/** The person's browser: it follows the page's redirect to the command. */
const visit = async (url: string) => {
  const response = await fetch(url)
  return { status: response.status, text: await response.text() }
}

/** All text in a folder. */
const textOf = (directory: string): string =>
  readdirSync(directory, { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile())
    .map((entry) => readFileSync(join(entry.parentPath, entry.name), "latin1"))
    .join("\n")

describe("a login with a code", () => {
  it("shows page and code, needs no terminal, and is renewed without a person", async () => {
    const { login, own, vendor, what } = await made()
    const running = start([...login, "--device", "--json"], own)
    const event = JSON.parse(await heard(running, /^(\{.*\})$/m))
    const { complete_url, event: name, until, url, user_code, way } = event
    assert.deepStrictEqual({ name, way }, { name: "sign_in_at_browser", way: "device" })
    assert.strictEqual(new URL(url).pathname, "/device")
    assert.strictEqual(complete_url, `${url}?user_code=${user_code}`)
    assert.isAbove(Date.parse(until), Date.now())
    assert.isTrue(await vendor.decide(user_code, "allow"))
    const { code, stderr, stdout } = await running.exit
    assert.strictEqual(code, 0, stderr)
    assert.lengthOf(stderr.trim().split("\n"), 1)
    assert.deepInclude(JSON.parse(stdout), { profile: "browser", provider: file, refresh_token: true })
    // What the vendor gave out stands in no file in clear.
    const kept = textOf(own.PBX_AUTH_DIRECTORY)
    for (const secret of vendor.secrets) assert.notInclude(kept + stdout, secret)

    const clock = await Effect.runPromise(SteerableClock.make({ start: Date.now() + 7_200_000 }))
    const token = await inside(["token"], own, undefined, clock)
    assert.deepStrictEqual({ code: token.code, stderr: token.stderr }, { code: 0, stderr: "" })
    assert.isTrue(vendor.secrets.has(token.stdout.trim()))
    assert.strictEqual(what().at(-1), "refresh_token")
  })

  it("is said to be denied, and to be too late, each with its exit code", async () => {
    const denied = await made()
    const running = start([...denied.login, "--device", "--json"], denied.own)
    const { user_code } = JSON.parse(await heard(running, /^(\{.*\})$/m))
    await denied.vendor.decide(user_code, "deny")
    const [late, { code, stderr }] = await Promise.all([
      made({ codeLifetime: 1 }).then(({ login, own }) => inside([...login, "--device", "--json"], own)),
      running.exit,
    ])
    assert.strictEqual(code, 3)
    assert.deepInclude(toldFailure(stderr.split("\n")[1] ?? ""), {
      error: "NotAllowed",
      code: "access_denied",
      provider: "browser-vendor",
      profile: "browser",
    })
    assert.notInclude(stderr.split("\n")[1] ?? "", user_code)
    assert.strictEqual(late.code, 3)
    assert.deepInclude(toldFailure(late.stderr.split("\n")[1] ?? ""), { error: "ChallengeExpired", exit_code: 3 })
  })

  it("is what is done where nothing else is wished, and `token` keeps nothing of it", async () => {
    const { login, vendor } = await made()
    const own = folder()
    const running = start(["token", ...login.slice(1, -2)], own)
    const shown = await heard(running, /enter this code:\s+(\S+)\s/)
    await vendor.decide(shown, "allow")
    const { code, stdout } = await running.exit
    assert.strictEqual(code, 0)
    assert.isTrue(vendor.secrets.has(stdout.trim()))
    assert.throws(() => readdirSync(own.PBX_AUTH_DIRECTORY))
  })
})

describe("a login with a redirect", () => {
  it("refuses a wrong state, takes the right one once, and closes its port", async () => {
    const { login, own, what } = await made()
    const running = start([...login, "--browser"], own)
    const url = new URL(await page(running))
    const asked = Object.fromEntries(url.searchParams)
    assert.deepInclude(asked, { response_type: "code", code_challenge_method: "S256" })
    assert.match(asked.redirect_uri ?? "", /^http:\/\/127\.0\.0\.1:\d+\/callback$/)
    // Another page sends the browser here, with a code of its own.
    const other = await visit(`${asked.redirect_uri}?code=made-up&state=${"x".repeat(43)}&iss=https://vendor.example`)
    assert.strictEqual(other.status, 400)
    assert.deepStrictEqual(what(), [])
    assert.strictEqual((await visit(url.href)).status, 200)
    const { code, stderr, stdout } = await running.exit
    assert.strictEqual(code, 0, stderr)
    assert.match(stdout, /^browser: signed in/)
    assert.deepStrictEqual(what(), ["authorize", "authorization_code"])
    await fetch(asked.redirect_uri ?? "").then(
      () => assert.fail("the port is still open"),
      () => {},
    )
  })

  it("opens the browser if that is wished, without our secrets, and is denied there", async () => {
    const { login, own } = await made()
    const bin = mkdtempSync(join(tmpdir(), "pbx-auth-opener-"))
    afterAll(() => rmSync(bin, { recursive: true, force: true }))
    mkdirSync(join(bin, "seen"))
    for (const name of ["xdg-open", "open"]) {
      const path = join(bin, name)
      writeFileSync(path, `#!/bin/sh\nprintf '%s\\n%s' "$1" "$PBX_AUTH_PASSWORD" > "${bin}/seen/new"\n`)
      writeFileSync(path, `${readFileSync(path, "utf8")}mv "${bin}/seen/new" "${bin}/seen/url"\n`)
      chmodSync(path, 0o700)
    }
    const env = { ...own, PATH: `${bin}${delimiter}${process.env.PATH}`, PBX_AUTH_PASSWORD: "made-up" }
    const running = start([...login, "--browser", "--open", "--json"], env)
    const { url } = JSON.parse(await heard(running, /^(\{.*\})$/m))
    let opened: string | undefined
    while (opened === undefined) {
      opened = readdirSync(join(bin, "seen")).includes("url")
        ? readFileSync(join(bin, "seen", "url"), "utf8")
        : undefined
      await new Promise((resolve) => setTimeout(resolve, 10))
    }
    assert.strictEqual(opened, `${url}\n`)
    assert.strictEqual((await visit(`${url}&deny=1`)).status, 200)
    const { code, stderr } = await running.exit
    assert.strictEqual(code, 3)
    assert.deepInclude(toldFailure(stderr.split("\n")[1] ?? ""), { error: "NotAllowed", code: "access_denied" })
  })

  it("ends at Ctrl-C, and leaves no profile", async () => {
    const { login, own } = await made()
    const running = start([...login, "--browser"], own)
    const redirect = new URL(await page(running)).searchParams.get("redirect_uri") ?? ""
    running.child.kill("SIGINT")
    const { code, stdout } = await running.exit
    assert.deepStrictEqual({ code, stdout }, { code: 130, stdout: "" })
    assert.notMatch(running.output.stderr, /pbx-auth:/)
    await fetch(redirect).then(
      () => assert.fail("the port is still open"),
      () => {},
    )
    const { stdout: status } = await inside(["status", "--json"], own)
    assert.deepStrictEqual(JSON.parse(status).profiles, [])
  })
})

describe("a sign-in at a browser", () => {
  it("is refused where the provider has none, and where the flags contradict each other", async () => {
    const { login, own, what } = await made()
    const told = async (...args: ReadonlyArray<string>) => {
      const { code, stderr } = await inside([...args, "--json"], own)
      const { error, message } = toldFailure(stderr)
      assert.deepStrictEqual({ code, error }, { code: 2, error: "Usage" })
      return message
    }
    assert.strictEqual(await told("login", "skyswitch", "--device"), "SkySwitch gives no codes. Leave --device out.")
    assert.strictEqual(
      await told("token", "ipex", "--browser"),
      "IPEX describes no page that comes back to this machine. Leave --browser out.",
    )
    assert.strictEqual(await told(...login, "--device", "--browser"), "Choose --device or --browser, not both.")
    const waits = "A sign-in at a browser waits for the person. Leave --wait out."
    for (const flags of [["--device"], ["--browser"], ["--open"], []]) {
      assert.strictEqual(await told(...login, ...flags, "--wait", "2m"), waits)
      assert.strictEqual(await told("token", ...login.slice(1, -2), ...flags, "--wait", "2m"), waits)
    }
    assert.strictEqual(
      await told(...login, "--refresh-token", "--device"),
      "Choose --refresh-token or a browser, not both.",
    )
    assert.deepStrictEqual(what(), [])
  })

  it("begins with a refresh token, too; a profile that needs a person says so", async () => {
    const { login, own, vendor } = await made()
    const first = await run([...login, "--refresh-token", "--json"], { ...own, PBX_AUTH_REFRESH_TOKEN: "made-up" })
    assert.strictEqual(first.code, 3)
    assert.deepInclude(toldFailure(first.stderr), { error: "RenewalRefused" })
    const added = await inside(["profiles", "add", "browser", "--provider", file, "--address", login[4] ?? ""], {
      ...own,
      PBX_AUTH_USERNAME: "maria",
    })
    assert.strictEqual(added.code, 0, added.stderr)
    const token = await inside(["token", "--json"], { ...own, PBX_AUTH_PASSWORD: "made-up" })
    assert.strictEqual(token.code, 8)
    assert.deepInclude(toldFailure(token.stderr), { error: "LoginNeeded", profile: "browser" })
    const flagged = await inside(["token", "--device", "--json"], own)
    assert.strictEqual(flagged.code, 2)
    assert.include(toldFailure(flagged.stderr).message, "pbx-auth login")
    assert.lengthOf(vendor.asked, 1)
  })
})
