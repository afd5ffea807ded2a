/** The command with a provider from a file: the whole program, a real file, and a server that answers as the vendor of that file. */
import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs"
import { createServer } from "node:http"
import type { AddressInfo } from "node:net"
import { tmpdir } from "node:os"
import { join } from "node:path"
import { fileURLToPath, pathToFileURL } from "node:url"
import { afterAll, assert, describe, it } from "@effect/vitest"
import * as Emulator from "@pbx-auth/emulator/Emulator"
import { serve } from "@pbx-auth/emulator/Server"
import * as SteerableClock from "@pbx-auth/emulator/SteerableClock"
import { decodeWorld } from "@pbx-auth/emulator/World"
import { witness } from "@pbx-auth/emulator/witnesses/Zoom"
import * as Effect from "effect/Effect"
import * as KeptStore from "../src/kept/KeptStore.ts"
import { folder } from "./Folder.ts"
import { inside } from "./Inside.ts"
import { lasting } from "./Lasting.ts"
import { run } from "./Process.ts"

const file = fileURLToPath(new URL("own/Acme.ts", import.meta.url))

interface Seen {
  readonly key: string | undefined
  readonly fields: Readonly<Record<string, string>>
}

/** Knows one person of two accounts, and the refresh tokens that it gave. */
const acme = async () => {
  const seen: Array<Seen> = []
  let issued = 0
  const server = createServer(async (request, response) => {
    const chunks: Array<Buffer> = []
    for await (const chunk of request) chunks.push(chunk as Buffer)
    const fields = Object.fromEntries(new URLSearchParams(Buffer.concat(chunks).toString()))
    const key = request.headers["x-api-key"]
    seen.push({ key: typeof key === "string" ? key : undefined, fields })
    const isKnown =
      key === "made-up-key" &&
      (fields.grant_type === "password"
        ? fields.password === "made-up-password"
        : fields.refresh_token === `r-${issued}`)
    if (isKnown) issued += 1
    const said = isKnown
      ? {
          access_token: `acme-${fields.account_id}-${issued}`,
          refresh_token: `r-${issued}`,
          expires_in: 3_600,
          token_type: "Bearer",
        }
      : { error: "ACME-1017", error_description: "made-up-password is wrong" }
    response.writeHead(isKnown ? 200 : 400, { "content-type": "application/json" }).end(JSON.stringify(said))
  })
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve))
  afterAll(() => {
    server.closeAllConnections()
    server.close()
  })
  return { seen, origin: `http://127.0.0.1:${(server.address() as AddressInfo).port}` }
}

const env = {
  PBX_AUTH_CLIENT_ID: "made-up-app",
  PBX_AUTH_ACCOUNT_ID: "north",
  PBX_AUTH_API_KEY: "made-up-key",
  PBX_AUTH_USERNAME: "ann",
  PBX_AUTH_PASSWORD: "made-up-password",
}

const without = (...names: ReadonlyArray<keyof typeof env>): Readonly<Record<string, string>> =>
  Object.fromEntries(Object.entries(env).filter(([name]) => !names.includes(name as keyof typeof env)))

/** A module of this text, until the tests are over. */
const module = (text: string, name = "provider.ts"): string => {
  const directory = mkdtempSync(join(tmpdir(), "pbx-auth-own-"))
  afterAll(() => rmSync(directory, { recursive: true, force: true }))
  const path = join(directory, name)
  writeFileSync(path, text)
  return path
}

describe("a provider from a file", () => {
  it("gets a token with the options that the file declares", async () => {
    const { origin, seen } = await acme()
    for (const path of [file, pathToFileURL(file).href]) {
      const { code, stderr, stdout } = await run(["token", "--provider", path, "--address", origin], env)
      assert.deepStrictEqual({ code, stderr }, { code: 0, stderr: "" })
      assert.match(stdout, /^acme-north-\d\n$/)
    }
    assert.deepInclude(seen[0]?.fields, { client_id: "made-up-app", account_id: "north", username: "ann" })
    assert.strictEqual(seen[0]?.key, "made-up-key")
  })

  it("says which variable is missing, and asks nothing of the provider", async () => {
    const { origin, seen } = await acme()
    for (const name of ["PBX_AUTH_ACCOUNT_ID", "PBX_AUTH_API_KEY"] as const) {
      const { code, stderr, stdout } = await inside(
        ["token", "--provider", file, "--address", origin, "--json"],
        without(name),
      )
      assert.deepStrictEqual({ code, stdout }, { code: 2, stdout: "" })
      assert.deepInclude(JSON.parse(stderr), { error: "Missing", look_at: [name] })
    }
    assert.isEmpty(seen)
  })

  it("says all missing variables at once, of a provider of the catalog as well", async () => {
    for (const [chosen, unset] of [
      [
        ["--provider", file],
        ["PBX_AUTH_CLIENT_ID", "PBX_AUTH_ACCOUNT_ID", "PBX_AUTH_API_KEY", "PBX_AUTH_USERNAME", "PBX_AUTH_PASSWORD"],
      ],
      [
        ["--provider", file],
        ["PBX_AUTH_ACCOUNT_ID", "PBX_AUTH_PASSWORD"],
      ],
      [["netsapiens"], ["PBX_AUTH_CLIENT_ID", "PBX_AUTH_USERNAME", "PBX_AUTH_PASSWORD"]],
    ] as const) {
      const { code, stderr } = await inside(["token", ...chosen, "--json"], without(...unset))
      assert.strictEqual(code, 2)
      const list = unset.join(", ").replace(/, (?=[^,]*$)/, " and ")
      assert.deepInclude(JSON.parse(stderr), {
        error: "Missing",
        message: `${list} are not set. Set them, or run this on a terminal to be asked.`,
        look_at: unset,
      })
    }
  })

  it("reads a secret option from a file", async () => {
    const { origin } = await acme()
    const kept = module("made-up-key\n", "key")
    const { code } = await inside(["token", "--provider", file, "--address", origin], {
      ...without("PBX_AUTH_API_KEY"),
      PBX_AUTH_API_KEY_FILE: kept,
    })
    assert.strictEqual(code, 0)
  })

  it("names the variable of an option that is wrong, whoever says so", async () => {
    const { origin } = await acme()
    const picky = module(
      `import acme from ${JSON.stringify(pathToFileURL(file).href)}
import { defineProvider } from ${JSON.stringify(definition)}
const { dialect, options, ...rest } = acme
export default defineProvider({
  ...rest,
  options: { ...options, accountId: { ...options.accountId, pattern: /[a-z]+/, example: "north" } },
  grants: dialect.grants,
  refusals: [{ value: "ACME-1017", code: "ACME-1017", reason: "Misconfigured", option: "accountId", fix: "Nobody has this account." }],
})`,
    )
    for (const [given, fix] of [
      [{ PBX_AUTH_ACCOUNT_ID: "12" }, "Expected the Account ID, like north. The number on the page of your account."],
      [{ PBX_AUTH_PASSWORD: "another-password" }, "Nobody has this account."],
    ] as const) {
      const { code, stderr } = await inside(["token", "--provider", picky, "--address", origin, "--json"], {
        ...env,
        ...given,
      })
      assert.strictEqual(code, 2)
      assert.deepInclude(JSON.parse(stderr), {
        error: "Misconfigured",
        message: `PBX_AUTH_ACCOUNT_ID: ${fix}`,
        look_at: ["PBX_AUTH_ACCOUNT_ID"],
      })
    }
  })

  it("prints its id and its code in an error, and no text of the reply", async () => {
    const { origin } = await acme()
    const { code, stderr } = await inside(["token", "--provider", file, "--address", origin, "--json"], {
      ...env,
      PBX_AUTH_PASSWORD: "another-password",
    })
    assert.strictEqual(code, 3)
    const told = JSON.parse(stderr)
    assert.deepInclude(told, { error: "BadCredentials", provider: "acme-voice", code: "ACME-1017", status: 400 })
    assert.notInclude(stderr, "is wrong")
  })

  it("is read and written by the command's copy of the library, and not by that of the file", async () => {
    const { origin } = await acme()
    const other = module(
      `import acme from ${JSON.stringify(pathToFileURL(file).href)}
const mine = () => { throw new Error("of another copy") }
export default { ...acme, configure: mine, ownGrammar: { standard: mine, refusal: mine, write: mine, read: mine } }`,
    )
    const { code, stderr, stdout } = await run(["token", "--provider", other, "--address", origin], env)
    assert.deepStrictEqual({ code, stderr }, { code: 0, stderr: "" })
    assert.strictEqual(stdout, "acme-north-1\n")
  })

  it("keeps its cap of living tokens by the command's copy, so a later command renews", async () => {
    const { origin } = await acme()
    const capped = module(
      `import acme from ${JSON.stringify(pathToFileURL(file).href)}
const mine = () => { throw new Error("of another copy") }
export default { ...acme, liveTokens: { cap: 2, keep: mine } }`,
    )
    const own = folder()
    const login = ["login", "--provider", capped, "--address", origin, "--profile", "capped"]
    const { code, stderr } = await inside(login, { ...own, ...env })
    assert.deepStrictEqual({ code, stderr }, { code: 0, stderr: "" })
    const clock = await Effect.runPromise(SteerableClock.make({ start: Date.now() + 7_200_000 }))
    const token = await inside(["token"], own, undefined, clock)
    assert.deepStrictEqual({ code: token.code, stdout: token.stdout }, { code: 0, stdout: "acme-north-2\n" })
    const later = await Effect.runPromise(SteerableClock.make({ start: Date.now() + 14_400_000 }))
    assert.deepInclude(await inside(["keep"], own, undefined, later), { code: 0, stderr: "" })
  })

  it("is refused with a cap that is no number of tokens", async () => {
    const { origin, seen } = await acme()
    for (const cap of ["0", "1.5", "'8'", "NaN"]) {
      const wrong = module(
        `import acme from ${JSON.stringify(pathToFileURL(file).href)}
export default { ...acme, liveTokens: { cap: ${cap} } }`,
      )
      const { code, stderr } = await inside(["token", "--provider", wrong, "--address", origin], env)
      assert.strictEqual(code, 2)
      assert.include(stderr, "exports a provider with a mistake. Expected as liveTokens.cap a whole number above 0.")
    }
    assert.isEmpty(seen)
  })

  it("is refused what it does not describe", async () => {
    const { origin, seen } = await acme()
    for (const args of [
      ["inspect", "--provider", file],
      ["token", "--provider", file, "--act-as", "ben"],
      ["token", "--provider", file, "--basic-encoding", "raw"],
    ]) {
      const { code, stderr } = await inside([...args, "--address", origin], env)
      assert.strictEqual(code, 2, stderr)
      assert.match(stderr, /^pbx-auth: Acme Voice (describes no way|takes no client by HTTP Basic)/)
    }
    assert.isEmpty(seen)
  })

  it("has a profile, which holds the path, and keeps a secret option sealed", async () => {
    const { origin, seen } = await acme()
    const own = folder()
    const login = ["login", "--provider", file, "--address", origin, "--profile", "acme"]
    const { code, stderr } = await inside(login, { ...own, ...env })
    assert.deepStrictEqual({ code, stderr }, { code: 0, stderr: "" })
    const text = readFileSync(join(own.PBX_AUTH_DIRECTORY, "profiles", "acme.json"), "utf8")
    assert.deepInclude(JSON.parse(text), { provider: file, options: { accountId: "north" }, account: "ann" })
    for (const entry of readdirSync(own.PBX_AUTH_DIRECTORY, { recursive: true, withFileTypes: true })) {
      if (entry.isFile()) assert.notInclude(readFileSync(join(entry.parentPath, entry.name), "latin1"), "made-up-key")
    }

    const token = await inside(["token", "--json"], own)
    assert.deepInclude(JSON.parse(token.stdout), { access_token: "acme-north-1" })
    const executed = await run(
      ["exec", "--", "sh", "-c", 'echo "$PBX_AUTH_TOKEN,$PBX_AUTH_API_KEY,$PBX_AUTH_PASSWORD"'],
      {
        ...own,
        ...env,
      },
    )
    assert.strictEqual(executed.stdout, "acme-north-1,,\n")
    const status = await inside(["status", "--json"], own)
    assert.deepInclude(JSON.parse(status.stdout).profiles[0], { provider: file, state: "signed_in" })
    const keep = await inside(["keep"], own)
    assert.match(keep.stdout, /^acme: nothing is due/)
    assert.lengthOf(seen, 1)

    const logout = await inside(["logout", "--json"], own)
    assert.deepStrictEqual(JSON.parse(logout.stdout), { profile: "acme", revocation: "not_supported" })
    assert.strictEqual((await inside(["token"], own)).code, 8)
    const store = await Effect.runPromise(KeptStore.open(own.PBX_AUTH_DIRECTORY))
    const { id } = JSON.parse(text)
    assert.isUndefined(await Effect.runPromise(store.secretOptions(id).read))
  })

  it("renews what is kept, with the kept options", async () => {
    const { origin, seen } = await acme()
    const own = folder()
    const added = await inside(["profiles", "add", "acme", "--provider", file], {
      ...own,
      ...env,
      PBX_AUTH_ADDRESS: origin,
    })
    assert.deepStrictEqual({ code: added.code, stderr: added.stderr }, { code: 0, stderr: "" })
    // What `profiles add` was told, `login` need not be told again.
    assert.strictEqual((await inside(["login"], { ...own, PBX_AUTH_PASSWORD: env.PBX_AUTH_PASSWORD })).code, 0)
    // Two hours later the token is over, so the next command renews.
    const clock = await Effect.runPromise(SteerableClock.make({ start: Date.now() + 7_200_000 }))
    const again = await inside(["token"], own, undefined, clock)
    assert.deepStrictEqual({ code: again.code, stdout: again.stdout }, { code: 0, stdout: "acme-north-2\n" })
    assert.deepInclude(seen.at(-1)?.fields, { grant_type: "refresh_token", account_id: "north" })
    assert.strictEqual(seen.at(-1)?.key, "made-up-key")
    // The new token stands where the profile looks.
    const keep = await inside(["keep"], own, undefined, clock)
    assert.match(keep.stdout, /^acme: nothing is due/)
    assert.lengthOf(seen, 2)
    assert.lengthOf(
      readdirSync(join(own.PBX_AUTH_DIRECTORY, "cells")).filter((name) => name.startsWith("cell-record")),
      1,
    )
  })

  it("leaves a profile whose file is gone to status and logout", async () => {
    const { origin } = await acme()
    const own = folder()
    const path = module(readFileSync(file, "utf8").replace("@pbx-auth/providers/Definition", definition))
    await inside(["login", "--provider", path, "--address", origin, "--profile", "acme"], { ...own, ...env })
    rmSync(path)
    const status = await inside(["status"], own)
    assert.strictEqual(status.code, 0)
    assert.include(
      status.stdout,
      `  warning        The file of the provider of acme cannot be read (ENOENT). Nothing is renewed until it is back: ${path}.\n`,
    )
    assert.strictEqual((await inside(["token"], own)).code, 0, "the kept token needs no file")
    const { code, stderr } = await run(["keep", "--json"], own)
    assert.strictEqual(code, 2)
    assert.deepInclude(JSON.parse(stderr), { error: "ProviderFile", profile: "acme" })
    const all = await run(["keep", "--all"], own)
    assert.strictEqual(
      all.stderr,
      `pbx-auth: acme: The file of the provider ${path} cannot be read (ENOENT). Check the path.\n`,
    )
    assert.strictEqual((await inside(["logout"], own)).code, 0)
  })
})

const definition = import.meta.resolve("@pbx-auth/providers/Definition")

describe("a file that is no provider", () => {
  const failing = async (path: string) => {
    const { code, stderr, stdout } = await inside(["token", "--provider", path, "--json"], env)
    assert.deepStrictEqual({ code, stdout }, { code: 2, stdout: "" }, stderr)
    const { error, message } = JSON.parse(stderr)
    return { error, message: message.replace(` ${path} `, " PATH ") }
  }
  const told = (problem: string) => ({ error: "ProviderFile", message: `The file of the provider PATH ${problem}` })

  it("is told apart by what is wrong with it", async () => {
    assert.deepStrictEqual(
      await failing(join(tmpdir(), "pbx-auth-no-such-file.ts")),
      told("cannot be read (ENOENT). Check the path."),
    )
    assert.deepStrictEqual(await failing(tmpdir()), told("cannot be read (a folder). Check the path."))
    assert.deepStrictEqual(
      await failing(module("export const a = 1\n")),
      told("exports no provider. Export one: export default defineProvider({ … })."),
    )
    assert.deepStrictEqual(
      await failing(module("export default { id: 'Not An Id', dialect: {}, addresses: {} }\n")),
      told(
        "exports a provider with a mistake. Expected as the id a letter or a digit, then up to 39 letters, digits and hyphens, all in lower case.",
      ),
    )
    // Node runs the file without its types, so no compiler compares the names.
    for (const [more, fault] of [
      ["refusal: []", "There is no field refusal."],
      [
        "options: { key: { title: 'Key', doc: 'A key.', identifies: true, secrt: true } }",
        "There is no field options.key.secrt.",
      ],
      ["renewsWith: 'refresh'", 'Expected as renewsWith one of "refresh_token", "sign_in".'],
      ["capabilities: ['revok']", "Expected as capabilities[0] one of "],
    ] as const) {
      const text = `import acme from ${JSON.stringify(pathToFileURL(file).href)}\nexport default { ...acme, ${more} }\n`
      const { message } = await failing(module(text.replace("['revok']", "new Set(['revok'])")))
      assert.include(message, `exports a provider with a mistake. ${fault}`)
    }
    const one = "{ id: 'a', dialect: {}, addresses: {} }"
    assert.deepStrictEqual(
      await failing(module(`export const a = ${one}\nexport const b = ${one}\n`)),
      told("exports 2 providers. Make one of them the default export."),
    )
  })

  it("is told in the library's words where the library knows better", async () => {
    const written = (from: string, to: string) => {
      const text = readFileSync(file, "utf8")
      assert.include(text, from)
      return module(text.replace("@pbx-auth/providers/Definition", definition).replace(from, to))
    }
    assert.deepStrictEqual(
      await failing(written("accountId: {", "account_id: {")),
      told(
        "exports a provider with a mistake. Expected as the name of an option a letter in lower case, then up to 31 letters and digits.",
      ),
    )
    assert.deepStrictEqual(
      await failing(written('account.", identifies: true', 'account."')),
      told(
        "exports a provider with a mistake. Say of the option accountId whether it identifies: write true if it tells two accounts apart.",
      ),
    )
    assert.deepStrictEqual(
      await failing(written('"https://api.acme.example"', '""')),
      told(
        "exports a provider with a mistake. addresses.standard is wrong. Expected a host or an origin, like https://portal.example.com.",
      ),
    )
    // Nobody has set PBX_AUTH_ADDRESS.
    assert.deepStrictEqual(
      await failing(written('standard: "https:', 'standard: "http:')),
      told(
        "exports a provider with a mistake. addresses.standard is wrong. Use https://. Plain http:// is for this machine alone (127.0.0.1, [::1], localhost).",
      ),
    )
  })

  it("is told by the class of what it threw, never by its text", async () => {
    const { message } = await failing(module("throw new TypeError('made-up-secret')\n"))
    assert.strictEqual(message, told("did not load (TypeError). Run it with node to see why.").message)
    const { message: other } = await failing(module("throw 'made-up-secret'\n"))
    assert.strictEqual(other, told("did not load (string). Run it with node to see why.").message)
  })

  it("is never looked for by a bare name", async () => {
    for (const bare of ["zod", "my-provider.ts", "@pbx-auth/providers/Zoom", "https://acme.example/p.ts", "node:fs"]) {
      const { code, stderr } = await inside(["token", "--provider", bare], env)
      assert.strictEqual(code, 2)
      assert.strictEqual(stderr, "pbx-auth: --provider takes a path that begins with ./, ../ or /, or a file URL.\n")
    }
  })

  it("is not named beside a provider of the command's", async () => {
    const { code, stderr } = await inside(["token", "ipex", "--provider", file], env)
    assert.strictEqual(code, 2)
    assert.include(stderr, "Name a PROVIDER, or a file by --provider, not both.")
  })
})

describe("a provider of the catalog", () => {
  it("needs no line in the command: its variables and questions follow from its value", async () => {
    const emulator = await lasting(
      Effect.gen(function* () {
        const made = yield* Emulator.make({ world: yield* decodeWorld({}), witnesses: [witness] })
        return yield* serve({ port: 0, emulator: made })
      }),
    )
    // The vendor's own host, which has its paths at the root.
    const host = createServer(async (request, response) => {
      const chunks: Array<Buffer> = []
      for await (const chunk of request) chunks.push(chunk as Buffer)
      const { authorization = "", "content-type": type = "" } = request.headers
      const reply = await fetch(`${emulator.origin}/@zoom${request.url}`, {
        method: "POST",
        headers: { authorization, "content-type": type },
        body: Buffer.concat(chunks),
      })
      response.writeHead(reply.status, { "content-type": "application/json" }).end(await reply.text())
    })
    await new Promise<void>((resolve) => host.listen(0, "127.0.0.1", resolve))
    afterAll(() => {
      host.closeAllConnections()
      host.close()
    })
    const address = `http://127.0.0.1:${(host.address() as AddressInfo).port}`
    const zoom = {
      PBX_AUTH_CLIENT_ID: "zoom-client-id",
      PBX_AUTH_CLIENT_SECRET: "zoom-client-secret",
      PBX_AUTH_ACCOUNT_ID: "ZoomAccountNorth00001",
    }
    const { code, stderr, stdout } = await inside(["token", "zoom", "--address", address], zoom)
    assert.deepStrictEqual({ code, stderr }, { code: 0, stderr: "" })
    assert.match(stdout, /^\S{8,}\n$/)

    const refused = await inside(["token", "zoom", "--address", address, "--json"], {
      ...zoom,
      PBX_AUTH_CLIENT_SECRET: "another-secret",
    })
    assert.deepInclude(JSON.parse(refused.stderr), { error: "ClientRefused", provider: "zoom" })
    const missing = await inside(["token", "zoom"], { ...zoom, PBX_AUTH_ACCOUNT_ID: "" })
    assert.include(missing.stderr, "PBX_AUTH_ACCOUNT_ID is not set.")
  })
})
