/** `pbx-auth token … --curl-config | curl -K - URL`: without a token curl sends nothing, and fails. */
import { execFile } from "node:child_process"
import { createServer } from "node:http"
import type { AddressInfo } from "node:net"
import { afterAll, assert, beforeEach, describe, it } from "@effect/vitest"
import { inside } from "./Inside.ts"
import { start } from "./Process.ts"
import { accounts, answering, served } from "./Served.ts"

const { origin } = await served()
const broken = await answering(503, {}, "")

/** An API that accepts any caller, and one that takes a request and never answers. */
let asked = 0
const api = createServer((_, response) => {
  asked++
  response.end("an answer for somebody without a bearer")
})
let isAsked = () => {}
const silent = createServer(() => isAsked())
for (const server of [api, silent]) await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve))
const originOf = (server: typeof api) => `http://127.0.0.1:${(server.address() as AddressInfo).port}`
afterAll(() => {
  for (const server of [api, silent]) {
    server.closeAllConnections()
    server.close()
  }
})
beforeEach(() => {
  asked = 0
})

const curl = (args: ReadonlyArray<string>, config: string) =>
  new Promise<{ readonly code: number; readonly out: string }>((resolve) => {
    const child = execFile("curl", ["--silent", ...args], { timeout: 20_000 }, (error, out) =>
      resolve({ code: Number(error?.code ?? 0), out }),
    )
    child.stdin?.end(config)
  })

/** Ways in which people hand a configuration to curl. */
const url = originOf(api)
const ways = {
  "before the URL": ["-K", "-", url],
  "after the URL": [url, "-K", "-"],
  "with protocols of its own": ["-K", "-", "--proto", "=http,https", url],
  "with several URLs": ["-K", "-", url, `${url}/more`],
  "with several URLs at once": ["-K", "-", "--parallel", url, `${url}/more`],
}

const failures = {
  "a wrong password": [origin, { ...accounts.reseller, PBX_AUTH_PASSWORD: "wrong" }],
  "a server that is failing": [broken, accounts.reseller],
  "a variable that is missing": [origin, {}],
  "an address that cannot be": ["http://pbx.example.com", accounts.reseller],
} as const

describe("curl without a token", () => {
  it("is asked for what would be answered", async () => {
    assert.deepStrictEqual(await curl(ways["before the URL"], ""), {
      code: 0,
      out: "an answer for somebody without a bearer",
    })
  })

  for (const [name, [address, env]] of Object.entries(failures)) {
    it(`fails: ${name}`, async () => {
      const { code, stdout } = await inside(["token", "skyswitch", "--address", address, "--curl-config"], env)
      assert.isAbove(Number(code), 0)
      for (const [way, args] of Object.entries(ways)) {
        const ended = await curl(args, stdout)
        assert.isAbove(ended.code, 0, way)
        assert.strictEqual(ended.out, "", way)
      }
      assert.strictEqual(asked, 0, "nothing was sent")
    })
  }

  it("fails when the arguments are wrong, and when whoever is asked leaves", async () => {
    const wrong = await inside(["token", "nobody", "--curl-config"], {})
    const left = await inside(["token", "skyswitch", "--address", origin, "--curl-config"], {}, [null])
    assert.deepStrictEqual([wrong.code, left.code], [2, "interrupted"])
    for (const { stdout } of [wrong, left]) assert.isAbove((await curl(ways["before the URL"], stdout)).code, 0)
    assert.strictEqual(asked, 0)
  })

  it("fails when the command is ended by a signal", async () => {
    const begun = new Promise<void>((resolve) => {
      isAsked = resolve
    })
    const address = originOf(silent)
    const { child, exit } = start(["token", "skyswitch", "--address", address, "--curl-config"], accounts.reseller)
    await begun
    child.kill("SIGTERM")
    const { code, stdout } = await exit
    assert.isAbove(Number(code), 0)
    assert.isAbove((await curl(ways["before the URL"], stdout)).code, 0)
    assert.strictEqual(asked, 0)
  })
})
