import { execFile } from "node:child_process"
import { createServer } from "node:http"
import type { AddressInfo } from "node:net"
import { assert, describe, it } from "@effect/vitest"
import * as Effect from "effect/Effect"
import { inside } from "./Inside.ts"
import { run } from "./Process.ts"
import { accounts, served } from "./Served.ts"

const { emulator, origin } = await served()

const token = (provider: string, env: Readonly<Record<string, string>>, ...flags: ReadonlyArray<string>) =>
  run(["token", provider, "--address", origin, ...flags], env)

/** The same inside of the test's process, where a process of its own would show no more. */
const tokenInside = (provider: string, env: Readonly<Record<string, string>>, ...flags: ReadonlyArray<string>) =>
  inside(["token", provider, "--address", origin, ...flags], env)

const whoIs = async (bearer: string, path: string) => {
  const response = await fetch(`${origin}${path}`, { headers: { authorization: `Bearer ${bearer}` } })
  assert.strictEqual(response.status, 200)
  return response.json()
}

const subject = "1001@acmecorp.12345.service"

/** How each provider is asked, the user that its API then sees, and what is known about the token. */
const providers = [
  {
    name: "skyswitch",
    env: accounts.withFactor,
    api: "/ns-api/",
    who: { uid: "222@abc-company.12345.service" },
    scope: "Reseller",
    seconds: 3600,
  },
  {
    name: "landstar",
    env: accounts.officeManager,
    api: "/ns-api/",
    who: { uid: "111@abc-company.12345.service" },
    scope: "Office Manager",
    seconds: 3600,
  },
  {
    name: "ipex",
    env: accounts.ipex,
    api: "/ipbx/calls",
    who: { email: "api-user@example.test" },
    seconds: 3000,
  },
  {
    name: "sangoma-cx",
    env: accounts.sangomaCx,
    api: "/cx/queue-calls",
    who: { client_id: "sangoma-client-id" },
    scope: "cx.agent-calls cx.queue-calls",
    seconds: 24_304_413,
  },
]

describe.concurrent("token", () => {
  for (const { api, env, name, scope, seconds, who } of providers) {
    it(`prints a bearer of ${name}, and nothing else`, async () => {
      const { code, stderr, stdout } = await (name === "skyswitch" ? token : tokenInside)(name, env)
      assert.deepStrictEqual({ code, stderr }, { code: 0, stderr: "" })
      assert.match(stdout, /^\S+\n$/)
      assert.deepInclude(await whoIs(stdout.trim(), api), who)
    })

    const known = (how: typeof token | typeof tokenInside) => async () => {
      const before = Date.now()
      const { code, stderr, stdout } = await how(name, env, "--json")
      assert.deepStrictEqual({ code, stderr }, { code: 0, stderr: "" })
      assert.match(stdout, /^\{[^\n]*\}\n$/)
      const told = JSON.parse(stdout)
      assert.deepInclude(await whoIs(told.access_token, api), who)
      assert.deepInclude(told, { token_type: "Bearer", provider: name, subject: null })
      if (scope !== undefined) assert.strictEqual(told.scope, scope)
      assert.match(told.expires_at, /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ$/)
      const expiresAt = Date.parse(told.expires_at)
      // Sangoma CX gives the token that lives already, with what is left of its life.
      assert.isAtLeast(expiresAt, before + (seconds - 600) * 1000)
      assert.isAtMost(expiresAt, Date.now() + seconds * 1000)
    }
    it(`prints what is known of it as JSON: ${name}`, known(tokenInside))
    it(`prints what is known of it as JSON, in a process of its own: ${name}`, { tags: ["matrix"] }, known(token))
  }

  it("never prints the refresh token", async () => {
    const reply = await fetch(`${origin}/ns-api/oauth2/token/`, {
      method: "POST",
      body: new URLSearchParams({
        grant_type: "password",
        client_id: "your-client-id",
        client_secret: "your-client-secret",
        username: "111@abc-company",
        password: "1234",
      }),
    })
    assert.isString((await reply.json()).refresh_token, "there is one")
    const { stdout } = await tokenInside("landstar", accounts.officeManager, "--json")
    const told = JSON.parse(stdout)
    assert.notMatch(stdout, /refresh/i)
    const rest = JSON.stringify({ ...told, access_token: "" })
    assert.notMatch(rest, /[0-9a-f]{32}/, "nothing else looks like a token")
  })

  it("masquerades at SkySwitch", async () => {
    const { code, stdout } = await tokenInside("skyswitch", accounts.reseller, "--act-as", subject, "--json")
    assert.strictEqual(code, 0)
    const told = JSON.parse(stdout)
    assert.deepInclude(told, { subject, scope: "Basic User" })
    assert.deepInclude(told.identity, { uid: subject })
    assert.deepInclude(await whoIs(told.access_token, "/ns-api/"), { uid: subject })
  })

  it("impersonates at IPEX", async () => {
    const { code, stdout } = await tokenInside("ipex", accounts.ipex, "--act-as", "someone@example.test")
    assert.strictEqual(code, 0)
    assert.deepInclude(await whoIs(stdout.trim(), "/ipbx/calls"), { email: "someone@example.test" })
  })

  it("prints a line that curl takes: --curl-config", async () => {
    const { code, stdout } = await token("landstar", accounts.officeManager, "--curl-config")
    assert.strictEqual(code, 0)
    assert.match(stdout, /^header = "Authorization: Bearer [0-9a-f]{32}"\n$/)
    const answer = await new Promise<string>((resolve, reject) => {
      const curl = execFile("curl", ["--silent", "--show-error", "-K", "-", `${origin}/ns-api/`], (error, out) =>
        error ? reject(error) : resolve(out),
      )
      curl.stdin?.end(stdout)
    })
    assert.deepInclude(JSON.parse(answer), { uid: "111@abc-company.12345.service" })
  })
})

it("leaves the token alive", async () => {
  await Effect.runPromise(emulator.clearJournal)
  await token("landstar", accounts.officeManager)
  const asked = await Effect.runPromise(emulator.journal)
  assert.deepStrictEqual(
    asked.map(({ outcome }) => outcome),
    ["issued"],
  )
})

describe("a token endpoint without its closing slash", () => {
  it("is reached by the flag that the error names", async () => {
    const { emulator, origin } = await served()
    const server = createServer((request, response) => {
      const [path = ""] = (request.url ?? "").split("?")
      if (path.endsWith("/")) return response.writeHead(301, { location: path.slice(0, -1) }).end()
      const chunks: Array<Uint8Array> = []
      request
        .on("data", (chunk) => chunks.push(chunk))
        .on("end", async () => {
          const headers = { "content-type": String(request.headers["content-type"]) }
          const method = request.method ?? "POST"
          const reply = await emulator.handle(
            new Request(`${origin}${path}/`, { method, headers, body: Buffer.concat(chunks) }),
          )
          response.writeHead(reply.status, { "content-type": "application/json" }).end(await reply.text())
        })
    })
    await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve))
    const address = `http://127.0.0.1:${(server.address() as AddressInfo).port}`
    const ask = (...flags: ReadonlyArray<string>) => inside(["token", "landstar", ...flags], env)
    const env = { ...accounts.officeManager, PBX_AUTH_ADDRESS: address }
    const refused = await ask()
    assert.deepStrictEqual([refused.code, refused.stdout], [2, ""])
    const named = /--trailing-slash=false/.exec(refused.stderr)?.[0] ?? "not named"
    for (const flag of [named, "--no-trailing-slash"]) assert.strictEqual((await ask(flag)).stderr, "")
    server.closeAllConnections()
    server.close()
  })
})

describe("the address", () => {
  it("comes from PBX_AUTH_ADDRESS, and nothing goes to the usual host", async () => {
    for (const [name, env] of [
      ["skyswitch", accounts.withFactor],
      ["sangoma-cx", accounts.sangomaCx],
    ] as const) {
      const { code, stderr, stdout } = await inside(["token", name], { ...env, PBX_AUTH_ADDRESS: origin })
      assert.deepStrictEqual({ code, stderr }, { code: 0, stderr: "" })
      assert.match(stdout, /^\S+\n$/)
    }
    const { code } = await run(["inspect", "landstar"], { ...accounts.officeManager, PBX_AUTH_ADDRESS: origin })
    assert.strictEqual(code, 0)
  })

  it("comes from --address where both are given", async () => {
    const env = { ...accounts.officeManager, PBX_AUTH_ADDRESS: "http://127.0.0.1:9" }
    assert.strictEqual((await tokenInside("landstar", env)).code, 0)
  })
})
