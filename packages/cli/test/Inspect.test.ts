import { assert, describe, it } from "@effect/vitest"
import { inside } from "./Inside.ts"
import { run } from "./Process.ts"
import { accounts, served } from "./Served.ts"

const { origin } = await served()

/** The command inside of the test's process, or in one of its own. */
type How = typeof run | typeof inside

const inspect =
  (how: How) =>
  (provider: string, env: Readonly<Record<string, string>>, ...flags: ReadonlyArray<string>) =>
    how(["inspect", provider, "--address", origin, ...flags], env)

/** In the test's process. In one of its own, which takes ten times as long, it is tried in the matrix. */
const both = (name: string, test: (how: How) => Promise<void>) => {
  it(name, () => test(inside))
  it(`${name}, in a process of its own`, { tags: ["matrix"] }, () => test(run))
}

describe.concurrent("inspect", () => {
  it("shows a person what SkySwitch knows of the token, and no token", async () => {
    const { code, stderr, stdout } = await inspect(run)("skyswitch", accounts.withFactor)
    assert.deepStrictEqual({ code, stderr }, { code: 0, stderr: "" })
    assert.deepStrictEqual(stdout.replace(/\d{4}-\d\d-\d\d \d\d:\d\d:\d\d/, "WHEN").split("\n"), [
      "client_id   your-client-id",
      "territory   12345",
      "domain      abc-company.12345.service",
      "uid         222@abc-company.12345.service",
      "scope       Reseller",
      "expires     WHEN",
      "apiversion  Version: 41.1.0",
      "",
    ])
  })

  both("prints it as JSON", async (how) => {
    const { code, stdout } = await inspect(how)("landstar", accounts.officeManager, "--json")
    assert.strictEqual(code, 0)
    const told = JSON.parse(stdout)
    assert.hasAllKeys(told, ["client_id", "territory", "domain", "uid", "scope", "expires", "apiversion"])
    assert.deepInclude(told, { uid: "111@abc-company.12345.service", scope: "Office Manager" })
  })

  both("asks about the subject’s token when acting", async (how) => {
    const uid = "1001@acmecorp.12345.service"
    const { code, stdout } = await inspect(how)("skyswitch", accounts.reseller, "--act-as", uid, "--json")
    assert.strictEqual(code, 0)
    assert.deepInclude(JSON.parse(stdout), { uid, scope: "Basic User" })
  })

  both("sends no control character of a provider's to a person's terminal", async (how) => {
    const esc = "\u001b"
    const domain = `${esc}]0;owned\u0007evil.12345.service`
    const world = await served({
      netsapiens: {
        domains: [domain],
        accounts: [{ extension: "1", domain, login: "evil", password: "pw", scope: `Res${esc}[2J\r\n\u009beller` }],
        apiVersion: "41\u202e.1\u2028.0",
      },
    })
    const env = { ...accounts.reseller, PBX_AUTH_USERNAME: "evil", PBX_AUTH_PASSWORD: "pw" }
    const args = ["inspect", "skyswitch", "--address", world.origin]
    const { code, stderr, stdout } = await how(args, env)
    assert.deepStrictEqual({ code, stderr }, { code: 0, stderr: "" })
    assert.notMatch(stdout.replaceAll("\n", ""), /[\p{Cc}\p{Bidi_Control}\p{Zl}\p{Zp}]/u)
    assert.lengthOf(stdout.split("\n"), 8, "one line each")
    assert.include(stdout, "uid         1@]0;ownedevil.12345.service\n")
    assert.include(stdout, "scope       Res[2Jeller\n")

    // JSON escapes them, and leaves them whole; so does the token's.
    const scope = `Res${esc}[2J\r\n\u009beller`
    const { stdout: inspected } = await how([...args, "--json"], env)
    const { stdout: token } = await how(["token", ...args.slice(1), "--json"], env)
    for (const text of [inspected, token]) assert.notMatch(text.trimEnd(), /[\p{Cc}\p{Bidi_Control}\p{Zl}\p{Zp}]/u)
    assert.deepInclude(JSON.parse(inspected), { domain, scope, apiversion: "41\u202e.1\u2028.0" })
    assert.deepInclude(JSON.parse(token), { scope })
  })
})
