import { assert, describe, it } from "@effect/vitest"
import * as Effect from "effect/Effect"
import { names } from "../src/provider/ProviderTable.ts"
import { inside } from "./Inside.ts"
import { run } from "./Process.ts"
import { accounts, served } from "./Served.ts"

/** The providers in the order in which messages name them. */
const every = names.join(", ")

const nowhere = "http://127.0.0.1:9"

const kept = { PBX_AUTH_DIRECTORY: "/missing/pbx-auth" }

/** What is asked for, the environment, and what must be said. */
const mistakes: Record<string, readonly [ReadonlyArray<string>, Readonly<Record<string, string>>, RegExp]> = {
  "no such command": [["tokens"], {}, /no such command.*login, token, act-as, .*man or help/],
  "no provider": [["token"], {}, new RegExp(`PROVIDER is missing\\. Choose ${every}, or`)],
  "an unknown provider": [
    ["token", "nobody"],
    {},
    new RegExp(`PROVIDER takes ${every}, or a file of your own by --provider\\.`),
  ],
  "an unknown flag": [["token", "ipex", "--verbose"], {}, /no --verbose here/],
  "an argument too many": [["token", "ipex", "more"], {}, /argument too many/],
  "Landstar acts for nobody": [["token", "landstar", "--act-as", "x"], {}, /Landstar.*--act-as.*ipex.* or skyswitch/],
  "Sangoma CX acts for nobody": [["token", "sangoma-cx", "--act-as", "x"], {}, /Sangoma CX.*--act-as/],
  "a blank subject": [["token", "ipex", "--address", nowhere, "--act-as", " "], accounts.ipex, /--act-as is empty/],
  "an empty subject": [["inspect", "skyswitch", "--act-as", ""], {}, /--act-as is empty/],
  "IPEX inspects nothing": [["inspect", "ipex"], {}, /IPEX.*landstar.* or skyswitch/],
  "Sangoma CX inspects nothing": [["inspect", "sangoma-cx"], {}, /Sangoma CX.*landstar.* or skyswitch/],
  "an address with a path": [
    ["token", "skyswitch", "--address", "https://a.example/b"],
    accounts.reseller,
    /--address: /,
  ],
  "nothing of a sign-in": [
    ["token", "skyswitch"],
    {},
    /: PBX_AUTH_CLIENT_ID, PBX_AUTH_CLIENT_SECRET, PBX_AUTH_USERNAME and PBX_AUTH_PASSWORD are not set\. Set them,/,
  ],
  "no client secret": [
    ["token", "landstar"],
    { ...accounts.reseller, PBX_AUTH_CLIENT_SECRET: "" },
    /: PBX_AUTH_CLIENT_SECRET is not set\. Set it,/,
  ],
  "an empty client secret": [
    ["token", "landstar"],
    { PBX_AUTH_CLIENT_ID: "id", PBX_AUTH_CLIENT_SECRET: "" },
    /: PBX_AUTH_CLIENT_SECRET, PBX_AUTH_USERNAME and PBX_AUTH_PASSWORD are not set/,
  ],
  "no username": [["token", "ipex"], {}, /: PBX_AUTH_USERNAME and PBX_AUTH_PASSWORD are not set/],
  "no password": [
    ["inspect", "skyswitch"],
    { ...accounts.reseller, PBX_AUTH_PASSWORD: "" },
    /PBX_AUTH_PASSWORD is not set/,
  ],
  "no scopes": [["token", "sangoma-cx"], { ...accounts.sangomaCx, PBX_AUTH_SCOPES: "" }, /PBX_AUTH_SCOPES is not set/],
  "blank scopes": [
    ["token", "sangoma-cx", "--address", nowhere],
    { ...accounts.sangomaCx, PBX_AUTH_SCOPES: "  " },
    /PBX_AUTH_SCOPES/,
  ],
  "blanks around a user name": [
    ["token", "ipex"],
    { ...accounts.ipex, PBX_AUTH_USERNAME: " api-user@example.test" },
    /PBX_AUTH_USERNAME has blanks around it/,
  ],
  "blanks around a client id": [
    ["token", "landstar"],
    { ...accounts.reseller, PBX_AUTH_CLIENT_ID: "your-client-id " },
    /PBX_AUTH_CLIENT_ID has blanks around it/,
  ],
  "a line end of Windows behind a user name": [
    ["token", "ipex"],
    { ...accounts.ipex, PBX_AUTH_USERNAME: "api-user@example.test\r" },
    /PBX_AUTH_USERNAME has a carriage return.*CRLF.*LF/,
  ],
  "a line end of Windows behind a secret": [
    ["token", "landstar"],
    { ...accounts.reseller, PBX_AUTH_CLIENT_SECRET: "your-client-secret\r" },
    /PBX_AUTH_CLIENT_SECRET has a carriage return/,
  ],
  "a line break behind a password": [
    ["token", "ipex"],
    { ...accounts.ipex, PBX_AUTH_PASSWORD: "ipex-password\n" },
    /PBX_AUTH_PASSWORD has a line break/,
  ],
  "a line end of Windows behind the address": [
    ["token", "ipex"],
    { ...accounts.ipex, PBX_AUTH_ADDRESS: "https://auth.example.test\r" },
    /PBX_AUTH_ADDRESS has a carriage return/,
  ],
  "a wrong address in the environment": [
    ["token", "ipex"],
    { ...accounts.ipex, PBX_AUTH_ADDRESS: "http://auth.example.test" },
    /^pbx-auth: PBX_AUTH_ADDRESS: Use https:/,
  ],
  "a profile that is not there": [["token", "--profile", "office"], kept, /no profile yet\. Run pbx-auth login/],
  "a provider and a profile": [["token", "ipex", "--profile", "office"], kept, /PROVIDER.*or a --profile.*not both/],
  "a profile with a path in its name": [["status", "--profile", "../x"], kept, /--profile takes a name of letters/],
  "a folder that is not absolute": [
    ["status"],
    { PBX_AUTH_DIRECTORY: "here" },
    /PBX_AUTH_DIRECTORY takes the full path/,
  ],
  "no folder at all": [["status"], {}, /HOME is not set\. Set PBX_AUTH_DIRECTORY/],
  "nothing to run": [["exec"], kept, /CMD is missing.*exec -- CMD/],
  "a program without --": [["exec", "true", "--", "x"], kept, /Put the program behind --/],
  "an unknown duration": [["token", "ipex", "--wait", "soon"], {}, /--wait takes a duration such as 30s/],
  "a refresh token of Yeastar": [
    ["login", "yeastar", "--refresh-token"],
    kept,
    /Yeastar .*signs in by the client's own credentials\. Leave --refresh-token out\./,
  ],
  "a refresh token of Sangoma CX": [["login", "sangoma-cx", "--refresh-token"], kept, /gives no refresh tokens/],
  "a refresh token as an argument": [
    ["login", "ipex", "--refresh-token=canary-4711"],
    kept,
    /--refresh-token takes true/,
  ],
  "a login of nobody": [["login"], kept, new RegExp(`PROVIDER is missing\\. Choose ${every}`)],
  "an unknown action": [["profiles", "delete"], kept, /ACTION takes list, add, remove, default/],
  "a profile to add without a name": [["profiles", "add"], kept, /NAME is missing/],
  "a profile to add without a provider": [["profiles", "add", "office"], kept, /--provider is missing/],
  "a secret and its file": [
    ["token", "ipex"],
    { ...accounts.ipex, PBX_AUTH_PASSWORD_FILE: "/dev/null" },
    /PBX_AUTH_PASSWORD and PBX_AUTH_PASSWORD_FILE are both set/,
  ],
  "a file that is missing": [
    ["token", "ipex", "--address", nowhere],
    { PBX_AUTH_USERNAME: "x", PBX_AUTH_PASSWORD_FILE: "/missing/password" },
    /PBX_AUTH_PASSWORD_FILE names a file that cannot be read \(ENOENT\)/,
  ],
  "an empty file": [
    ["token", "ipex", "--address", nowhere],
    { PBX_AUTH_USERNAME: "x", PBX_AUTH_PASSWORD_FILE: "/dev/null" },
    /PBX_AUTH_PASSWORD_FILE names a file that is empty/,
  ],
  "no port": [["emulator"], {}, /--port is missing/],
  "a wrong port": [["emulator", "--port", "65536"], {}, /--port takes a number from 0/],
  "a world file that is missing": [
    ["emulator", "--port", "0", "--world", "/missing.json"],
    {},
    /missing\.json cannot be read/,
  ],
}

describe("exit code 2, and one line that says what to do", () => {
  for (const [name, [args, env, says]] of Object.entries(mistakes)) {
    it(name, async () => {
      const { code, stderr, stdout } = await inside(args, env)
      assert.deepStrictEqual({ code, stdout }, { code: 2, stdout: "" }, stderr)
      assert.match(stderr, /^pbx-auth: [^\n]+\n$/)
      assert.match(stderr, says)
    })
  }
})

it("says so before anything is sent", async () => {
  const { emulator, origin } = await served()
  for (const subject of ["", " \t"]) {
    const { code, stderr } = await inside(
      ["token", "skyswitch", "--address", origin, "--act-as", subject],
      accounts.reseller,
    )
    assert.strictEqual(code, 2)
    assert.include(stderr, "--act-as")
    assert.deepStrictEqual(await Effect.runPromise(emulator.journal), [])
  }
})

describe("secrets", () => {
  const canary = "canary-4711"
  const attempts: ReadonlyArray<ReadonlyArray<string>> = [
    ["--password", canary],
    [`--password=${canary}`],
    ["--client-secret", canary],
    [`--clientSecret=${canary}`],
    ["--passcode", canary],
    ["--token", canary],
    [canary],
    ["--", canary],
    [`--${canary}`],
  ]
  for (const attempt of attempts) {
    it(`are no arguments, and not repeated: ${attempt.join(" ").replace(canary, "…")}`, async () => {
      const { code, stderr, stdout } = await inside(
        ["token", "skyswitch", "--address", nowhere, ...attempt],
        accounts.reseller,
      )
      assert.deepStrictEqual({ code, stdout }, { code: 2, stdout: "" })
      assert.match(stderr, /^pbx-auth: [^\n]+\n$/)
      assert.notInclude(stderr, canary)
      if (/password|secret|passcode|token/i.test(attempt[0] ?? "")) assert.match(stderr, /PBX_AUTH_/)
    })
  }

  it("are not repeated in place of a provider or a command either", async () => {
    for (const args of [["token", canary], [canary]]) {
      const { code, stderr } = await inside(args, {})
      assert.strictEqual(code, 2)
      assert.notInclude(stderr, canary)
    }
  })
})

it("says so as a process too, with nothing on standard output", async () => {
  const { code, stderr, stdout } = await run(["token", "skyswitch", "--password", "canary-4711"])
  assert.deepStrictEqual({ code, stdout }, { code: 2, stdout: "" })
  assert.match(stderr, /^pbx-auth: There is no --password: arguments can be seen by others[^\n]+\n$/)
})

describe("help", () => {
  it("is what was asked for, so it goes to standard output", async () => {
    const { code, stderr, stdout } = await inside(["--help"], {})
    assert.deepStrictEqual({ code, stderr }, { code: 0, stderr: "" })
    for (const word of ["token", "inspect", "emulator", "tour", "PBX_AUTH_PASSWORD", "Exit code"])
      assert.include(stdout, word)
  })

  it("is given to whoever says nothing, but not as a result", async () => {
    const { code, stderr, stdout } = await inside([], {})
    assert.deepStrictEqual({ code, stdout }, { code: 2, stdout: "" })
    assert.include(stderr, "USAGE")
  })

  it("names the providers", async () => {
    for (const command of ["token", "inspect"]) {
      const { stdout } = await inside([command, "--help"], {})
      assert.include(stdout.replace(/\s+/g, " "), every)
    }
  })

  it("lists the variables where they are read", async () => {
    for (const args of [["--help"], ["token", "--help"], ["inspect", "--help"]]) {
      const { stdout } = await inside(args, {})
      for (const name of ["ADDRESS", "CLIENT_ID", "CLIENT_SECRET", "USERNAME", "PASSWORD", "PASSCODE", "SCOPES"]) {
        assert.match(stdout, new RegExp(`^ *PBX_AUTH_${name} .*\\w`, "m"), args.join(" "))
      }
    }
  })

  it("shows no flag for a secret", async () => {
    for (const command of ["token", "inspect"]) {
      const { stdout } = await inside([command, "--help"], {})
      const flags = [...stdout.matchAll(/^ {2}--([a-z-]+)/gm)].map(([, flag]) => flag)
      assert.includeMembers(flags, ["address", "act-as", "json"])
      assert.deepStrictEqual(
        flags.filter((flag) => /pass|secret|user|client|scope/.test(flag ?? "")),
        [],
      )
    }
  })
})
