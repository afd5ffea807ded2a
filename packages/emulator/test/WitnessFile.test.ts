/**
 * The emulator's process with a witness from a file. Its program is one bundle, so the file's copy of the library is another one, as for a user.
 *
 * @module-tag slow
 */
import { type ChildProcess, execFile, spawn } from "node:child_process"
import { once } from "node:events"
import { mkdtempSync, rmSync, writeFileSync } from "node:fs"
import { tmpdir } from "node:os"
import { join } from "node:path"
import { createInterface } from "node:readline"
import { fileURLToPath, pathToFileURL } from "node:url"
import { promisify } from "node:util"
import { afterAll, afterEach, assert, describe, it } from "@effect/vitest"
import { residents } from "../src/residents/Residents.ts"
import { bin } from "./Built.ts"

const folder = mkdtempSync(join(tmpdir(), "witness-file-"))
const started: Array<ChildProcess> = []
afterEach(() => {
  for (const child of started.splice(0)) child.kill("SIGKILL")
})
afterAll(() => rmSync(folder, { recursive: true }))

const acme = fileURLToPath(new URL("Acme.ts", import.meta.url))
const sources = (name: string) => JSON.stringify(new URL(`../src/${name}.ts`, import.meta.url).href)

/** A file of this text in the folder of the test. */
const file = (name: string, text: string): string => {
  writeFileSync(join(folder, name), text)
  return join(folder, name)
}

const start = (...args: ReadonlyArray<string>) => {
  const child = spawn(process.execPath, [bin, "--port", "0", ...args], {
    cwd: folder,
    stdio: ["ignore", "pipe", "pipe"],
  })
  started.push(child)
  const output = { stderr: "" }
  child.stderr.on("data", (chunk) => (output.stderr += chunk))
  const exit = new Promise<number | null>((resolve) => child.on("close", resolve))
  return { child, output, exit }
}

const ready = async ({ child, exit, output }: ReturnType<typeof start>): Promise<string> => {
  if (child.stdout === null) return assert.fail("no output")
  const line = await Promise.race([once(createInterface({ input: child.stdout }), "line"), exit])
  if (!Array.isArray(line)) return assert.fail(output.stderr)
  return JSON.parse(String(line[0]).slice("READY ".length)).origin
}

const ask = async (url: string, key = "acme-canary-key") => {
  const response = await fetch(url, { method: "POST", body: new URLSearchParams({ api_key: key }) })
  return { status: response.status, body: await response.json().catch(() => undefined) }
}

const define = `import { acme } from ${JSON.stringify(pathToFileURL(acme).href)}\n`

/** Another vendor: the one of `Acme.ts` with another id. */
const other = (id: string) => `${define}export const witness = { ...acme, id: "${id}" }\n`

/** Each case starts a process, so `npm test` has some of them and `npm run test:matrix` the others. */
const most = { tags: ["matrix"] }

describe("A witness from a file", () => {
  it("is alone at its own paths, and each vendor is at its id; a world file and faults name it", async () => {
    const world = file("world.json", '{"witnesses": {"acme": {"lifetime": 77}}, "ipex": {"lifetime": 78}}')
    const fault = "server_error:status=502,provider=acme"
    const running = start("--witness", acme, "--world", world, "--fault", fault)
    const origin = await ready(running)
    assert.strictEqual((await ask(`${origin}/token`)).status, 502)
    assert.deepInclude((await ask(`${origin}/token`)).body, { expires_in: 77 })
    assert.strictEqual((await ask(`${origin}/@acme/token`)).status, 200)
    assert.strictEqual((await ask(`${origin}/ns-api/oauth2/token`)).status, 404)
    const signedIn = await fetch(`${origin}/@ipex/token`, {
      method: "POST",
      body: new URLSearchParams({
        ...{ grant_type: "password", client_id: "api" },
        ...{ username: "api-user@example.test", password: "ipex-password" },
      }),
    })
    assert.deepInclude(await signedIn.json(), { expires_in: 78 })

    const { providers } = await (await fetch(origin)).json()
    assert.deepStrictEqual(providers.acme, ["POST /token"])
    assert.include(providers.ipex, "POST /@ipex/token")
    const journal = await (await fetch(`${origin}/__emulator/journal`)).text()
    assert.include(journal, "acme-app")
    assert.notInclude(journal, "canary")

    running.child.kill("SIGTERM")
    assert.strictEqual(await running.exit, 0)
    assert.strictEqual(running.output.stderr, "")
  })

  it("is one of several at their ids, and --vendor names the one that is alone", most, async () => {
    const files = ["--witness", pathToFileURL(acme).href, "--witness", "./other.ts"]
    file("other.ts", other("other"))
    const origin = await ready(start(...files))
    for (const id of ["acme", "other"]) assert.strictEqual((await ask(`${origin}/@${id}/token`)).status, 200)
    // The vendors that are always there have the paths of this machine.
    assert.strictEqual((await ask(`${origin}/token`)).status, 401)
    const chosen = await ready(start(...files, "--vendor", "other"))
    assert.strictEqual((await ask(`${chosen}/token`)).status, 200)
    const { providers } = await (await fetch(chosen)).json()
    assert.deepStrictEqual([providers.other, providers.acme], [["POST /token"], ["POST /@acme/token"]])
    // Also if another file names this machine as its host.
    file("at-home.ts", `${define}export default { ...acme, id: "at-home", hosts: ["127.0.0.1"] }\n`)
    const beside = await ready(start("--witness", "./at-home.ts", ...files, "--vendor", "other"))
    const shown = (await (await fetch(beside)).json()).providers
    assert.deepStrictEqual([shown.other, shown["at-home"]], [["POST /token"], ["POST /@at-home/token"]])
  })

  it("goes before one of ours with its id, and beside another one of ours", most, async () => {
    const path = file("zoom.ts", other("zoom"))
    const origin = await ready(start("--witness", path, "--vendor", "zoom"))
    assert.strictEqual((await ask(`${origin}/token`)).status, 200)
    const beside = await ready(start("--witness", acme, "--vendor", "zoom"))
    assert.strictEqual((await ask(`${beside}/token`)).status, 404)
    assert.strictEqual((await ask(`${beside}/@acme/token`)).status, 200)
  })

  it("that throws while it answers gives a 500, and one line without what was sent", async () => {
    const path = file(
      "throwing.ts",
      `${define}const routes = [
  { methods: ["POST"], paths: ["/token"], answer: (call: { fields: URLSearchParams }) => {
    throw new RangeError(String(call.fields))
  } },
  { methods: ["POST"], paths: ["/nothing"], answer: () => undefined },
]
export default { ...acme, make: (world: never) => ({ ...acme.make(world), routes }) }
`,
    )
    const running = start("--witness", path)
    const origin = await ready(running)
    assert.strictEqual((await ask(`${origin}/token`)).status, 500)
    assert.strictEqual((await ask(`${origin}/nothing`)).status, 500)
    assert.strictEqual(
      running.output.stderr,
      [
        `Witness file ${path}: its route threw RangeError in line 4 at POST /token. The client gets a 500.`,
        `Witness file ${path}: its route gave no { reply, finding } at POST /nothing. The client gets a 500.`,
        "",
      ].join("\n"),
    )
  })
})

/** What `load` says of each file, in one process: to start one for each would take most of the time. */
const problemsOf = async (paths: ReadonlyArray<string>): Promise<ReadonlyArray<string>> => {
  const script = `
    import * as Effect from "effect/Effect"
    import { load } from ${sources("server/WitnessFile")}
    const said = []
    for (const path of ${JSON.stringify(paths)}) said.push((await Effect.runPromise(Effect.flip(load(path)))).message)
    process.stdout.write(JSON.stringify(said))`
  const cwd = fileURLToPath(new URL("..", import.meta.url))
  const { stdout } = await promisify(execFile)(process.execPath, ["--input-type=module", "--eval", script], { cwd })
  return JSON.parse(stdout)
}

describe("A file that is no witness", () => {
  const failing = async (path: string, ...more: ReadonlyArray<string>) => {
    const running = start("--witness", path, ...more)
    assert.strictEqual(await running.exit, 2, running.output.stderr)
    assert.match(running.output.stderr, /^[^\n]+\n$/, "one line")
    return running.output.stderr.trimEnd()
  }

  it("is never looked for by a bare name", async () => {
    const { exit, output } = start("--witness", "acme-witness.ts")
    assert.strictEqual(await exit, 2)
    assert.strictEqual(output.stderr, "--witness takes a path that begins with ./, ../ or /, or a file URL\n")
  })

  it("is told apart by what is wrong with it", async () => {
    const missing = join(folder, "missing.ts")
    assert.strictEqual(await failing(missing), `Witness file ${missing} cannot be read (ENOENT). Check the path.`)
    assert.strictEqual(await failing("./"), "Witness file ./ cannot be read (a folder). Check the path.")
    const cases: ReadonlyArray<readonly [text: string, problem: string]> = [
      ["export const a = 1", "exports no witness. Export one: export const witness = defineWitness({ … })."],
      [`${define}export const a = acme, b = acme`, "exports 2 witnesses. Make one of them the default export."],
      [
        `${define}const { read: _, ...plain } = acme\nexport default plain`,
        "exports a witness that is not made by defineWitness. Export one: export const witness = defineWitness({ … }).",
      ],
      [
        `${define}export default { ...acme, id: "A B" }`,
        "exports a witness whose id is wrong. Expected small letters, digits and -, with a letter or a digit first.",
      ],
      [`${define}export default { ...acme, world: {} }`, "exports a witness whose world is wrong. Expected a schema."],
      [`${define}export default { ...acme, make: 1 }`, "exports a witness whose make is wrong. Expected a function."],
      [
        `${define}export default { ...acme, hosts: "a" }`,
        "exports a witness whose hosts is wrong. Expected a list of texts.",
      ],
      [
        `${define}export default { ...acme, make: () => { throw new RangeError("canary") } }`,
        "exports a witness whose make throws (RangeError in line 2).",
      ],
      [
        `${define}export default { ...acme, make: () => ({ routes: [{ paths: ["/token"] }] }) }`,
        "exports a witness whose make gives no routes. Expected { routes: [ … ], ...table }, with a TokenTable.",
      ],
      [
        `${define}export default { ...acme, get make() { throw new RangeError("canary") } }`,
        "did not load (RangeError in line 2). Run it with node to see why.",
      ],
      [
        `import * as Schema from "${import.meta.resolve("effect/Schema")}"
${define}const throwing = Schema.makeFilter(() => { throw new RangeError("canary") })
export default { ...acme, world: acme.world.check(throwing as never) }`,
        "exports a witness whose world throws (RangeError in line 3).",
      ],
      ["\nthrow new TypeError('canary')", "did not load (TypeError in line 2). Run it with node to see why."],
      ["throw 'canary'", "did not load (string). Run it with node to see why."],
      [
        `import { defineWitness } from ${sources("exchange/Witness")}\nexport const witness = defineWitness({ id: "A B" } as never)`,
        "did not load (TypeError in line 2). Run it with node to see why.",
      ],
      ["enum A { B }", "did not load (ERR_UNSUPPORTED_TYPESCRIPT_SYNTAX). Run it with node to see why."],
      ["const a: = 1", "did not load (ERR_INVALID_TYPESCRIPT_SYNTAX). Run it with node to see why."],
      ['import "./no-such-file.ts"', "did not load (ERR_MODULE_NOT_FOUND). Run it with node to see why."],
    ]
    const paths = cases.map(([text], index) => file(`wrong-${index}.ts`, text))
    assert.deepStrictEqual(
      await problemsOf(paths),
      cases.map(([, problem], index) => `Witness file ${paths[index]} ${problem}`),
    )
  })

  it("may have defaults that do not fit its world, of which no value is told", most, async () => {
    const defaults = "export default { ...acme, defaults: { lifetime: 'canary' } }"
    const problem = await failing(file("defaults.ts", `${define}${defaults}`))
    assert.include(problem, "exports a witness whose defaults do not fit its world: world.witnesses.acme.")
    assert.notInclude(problem, "canary")
  })

  it("has an id of its own", most, async () => {
    const taken = (path: string, id: string) =>
      `Witness file ${path}: the id ${id} is taken. Give its witness and its provider another one.`
    const [resident] = residents
    const path = file("taken.ts", other(resident?.id ?? ""))
    assert.strictEqual(await failing(path), taken(path, resident?.id ?? ""))
    assert.strictEqual(await failing(acme, "--witness", acme), taken(acme, "acme"))
  })

  it("is named by --vendor with those that there are", most, async () => {
    assert.match(await failing(acme, "--vendor", "acmee"), /^--vendor takes one of .*zoom, acme$/)
  })
})
