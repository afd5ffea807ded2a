import { fileURLToPath } from "node:url"
import { assert, describe, it } from "@effect/vitest"
import { type Running, start } from "./Process.ts"

const ready = ({ child, output }: Running) =>
  new Promise<{ readonly origin: string; readonly pid: number }>((resolve) => {
    const look = () => {
      if (output.stdout.includes("\n")) resolve(JSON.parse(output.stdout.slice("READY ".length)))
    }
    child.stdout?.on("data", look)
  })

for (const signal of ["SIGTERM", "SIGINT"] as const) {
  const tags = signal === "SIGINT" ? ["matrix"] : []
  it(`emulator says READY, plays the vendors, and exits 0 on ${signal}`, { tags }, async () => {
    const running = start(["emulator", "--port", "0"])
    const { origin, pid } = await ready(running)
    assert.match(running.output.stdout, /^READY \{"origin":"http:\/\/127\.0\.0\.1:\d+","pid":\d+\}\n$/)
    assert.strictEqual(pid, running.child.pid)
    const reply = await fetch(`${origin}/token`, {
      method: "POST",
      body: new URLSearchParams({
        grant_type: "password",
        client_id: "api",
        username: "api-user@example.test",
        password: "ipex-password",
      }),
    })
    assert.strictEqual(reply.status, 200)
    running.child.kill(signal)
    assert.deepInclude(await running.exit, { code: 0, stderr: "" })
  })
}

it("emulator arms the faults that it is told, in their order", async () => {
  const running = start(["emulator", "--port", "0", "--fault", "server_error:status=503", "--fault", "firewall"])
  const { origin } = await ready(running)
  const ask = async () => (await fetch(`${origin}/token`, { method: "POST", body: "" })).status
  assert.deepStrictEqual([await ask(), await ask()], [503, 403])
  running.child.kill("SIGTERM")
  assert.deepInclude(await running.exit, { code: 0, stderr: "" })
})

it("emulator says what a fault may be, on one line", async () => {
  const { code, stderr } = await start(["emulator", "--port", "0", "--fault", "nonsense"]).exit
  assert.strictEqual(code, 2)
  assert.match(stderr, /^pbx-auth: Fault nonsense: [^\n]*server_error[^\n]*\n$/)
})

describe("emulator plays a witness from a file", () => {
  const file = fileURLToPath(new URL("../../emulator/test/Acme.ts", import.meta.url))
  const ask = async (args: ReadonlyArray<string>, path: string) => {
    const running = start(["emulator", "--port", "0", ...args])
    const { origin } = await ready(running)
    const reply = await fetch(origin + path, {
      method: "POST",
      headers: { authorization: `Basic ${btoa("zoom-client-id:zoom-client-secret")}` },
      body: new URLSearchParams({
        ...{ api_key: "acme-canary-key", grant_type: "account_credentials" },
        account_id: "ZoomAccountNorth00001",
      }),
    })
    running.child.kill("SIGTERM")
    assert.deepInclude(await running.exit, { code: 0, stderr: "" })
    return reply.status
  }
  const cases = [
    [["--witness", file], "/token"],
    [["--witness", file, "--vendor", "zoom"], "/oauth/token"],
    [["--witness", file, "--vendor", "zoom"], "/@acme/token"],
  ] as const
  const played = async (asked: ReadonlyArray<(typeof cases)[number]>) => {
    for (const [args, path] of asked) assert.strictEqual(await ask(args, path), 200)
  }

  it("at its own paths", () => played(cases.slice(0, 1)))

  // Each starts a process that loads sources.
  it("at its own paths, and one of its own vendors by its id", { tags: ["matrix"] }, () => played(cases))
})

it("the two files of docs/own-provider.md get a token, and a refusal with the vendor's code", async () => {
  const file = (name: string) => fileURLToPath(new URL(`../../../docs/examples/${name}`, import.meta.url))
  const emulator = start(["emulator", "--port", "0", "--witness", file("acme-witness.ts")])
  const { origin } = await ready(emulator)
  const token = (password: string, ...more: ReadonlyArray<string>) =>
    start(["token", "--provider", file("acme.ts"), "--address", origin, ...more], {
      PBX_AUTH_TENANT: "north",
      PBX_AUTH_USERNAME: "maria",
      PBX_AUTH_PASSWORD: password,
    }).exit
  const right = await token("made-up")
  assert.deepInclude(right, { code: 0, stderr: "" })
  assert.match(right.stdout, /^north-[0-9a-f]{8}\n$/)
  const wrong = await token("another", "--json")
  assert.deepInclude(wrong, { code: 3, stdout: "" })
  assert.deepInclude(JSON.parse(wrong.stderr), { error: "BadCredentials", provider: "acme-voice", code: "ACME-1017" })
  emulator.child.kill("SIGTERM")
  assert.deepInclude(await emulator.exit, { code: 0, stderr: "" })
})

it("emulator says what is wrong with a witness file, on one line", async () => {
  const failing = async (...args: ReadonlyArray<string>) => {
    const { code, stderr } = await start(["emulator", "--port", "0", ...args]).exit
    assert.strictEqual(code, 2)
    return stderr
  }
  const rule = "a path that begins with ./, ../ or /, or a file URL"
  assert.strictEqual(await failing("--witness", "acme.ts"), `pbx-auth: --witness takes ${rule}.\n`)
  assert.strictEqual(
    await failing("--witness", "./missing.ts"),
    "pbx-auth: Witness file ./missing.ts cannot be read (ENOENT). Check the path.\n",
  )
  assert.match(await failing("--vendor", "zoomm"), /^pbx-auth: --vendor takes one of [^\n]*zoom[^\n]*\n$/)
})
