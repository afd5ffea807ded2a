/**
 * Somebody adds a provider: one value, one witness, a folder of fixtures, and a page. Everything else is derived. It happens in a copy of the
 * repository, with the files of the package outside it (`release/outside`).
 *
 * @module-tag slow
 */
import { execFile, spawn } from "node:child_process"
import { once } from "node:events"
import { cpSync, readFileSync, rmSync, writeFileSync } from "node:fs"
import { createRequire } from "node:module"
import { dirname, join, relative } from "node:path"
import { createInterface } from "node:readline"
import { afterAll, expect, it } from "vitest"
import { root, target } from "./Imports.ts"
import * as Overlay from "./Overlay.ts"

const overlay = Overlay.make()
afterAll(() => rmSync(overlay, { recursive: true }))

/** Runs a program of the copy. */
const run = (file: string, args: ReadonlyArray<string> = [], env: Readonly<Record<string, string>> = {}) =>
  new Promise<{ readonly code: number | null; readonly stdout: string; readonly stderr: string }>((resolve) => {
    // Its caches are as empty as those of a fresh clone, but for what Node has compiled of the packages from npm.
    const { NODE_COMPILE_CACHE, PATH } = process.env
    const options = { cwd: overlay, env: { PATH, NODE_COMPILE_CACHE, ...env } }
    const child = execFile(process.execPath, [join(overlay, file), ...args], options, (_, stdout, stderr) =>
      resolve({ code: child.exitCode, stdout, stderr }),
    )
  })

const outside = (file: string) => readFileSync(join(root, "release/outside", file), "utf8")

/** A file from outside as a file of a package writes it: it imports that package's own modules by their paths. */
const within = (file: string, text: string) =>
  text.replaceAll(/"(@pbx-auth\/[^"]+)"/g, (_, specifier: string) => {
    const path = relative(dirname(file), target({ file, specifier }) ?? specifier)
    return JSON.stringify(path.startsWith(".") ? path : `./${path}`)
  })

const value = "packages/providers/src/vendors/Acme.ts"
const witness = "packages/emulator/src/witnesses/Acme.ts"
const added = {
  [value]: within(
    value,
    outside("src/Acme.ts").replace("export default defineProvider", "export const provider = defineProvider"),
  ),
  [witness]: within(witness, outside("src/AcmeWitness.ts")),
  "docs/providers/acme-voice.md": [
    "# Acme Voice",
    ...["facts", "requests"].map(
      (part) => `<!-- ${part} of the provider's value -->\n\n<!-- /${part} of the provider's value -->`,
    ),
    "",
  ].join("\n\n"),
}
const derived = [
  "docs/README.md",
  "docs/command.md",
  "docs/playground/ProviderId.ts",
  "docs/providers/README.md",
  "packages/cli/src/provider/ProviderIndex.json",
  "packages/emulator/package.json",
  "packages/emulator/src/server/WitnessModules.ts",
  "packages/providers/package.json",
  "packages/providers/src/vendors/ProviderModules.ts",
  "packages/session/typetest/ProviderCapabilities.ts",
]

it("one command writes every list, and nothing else changes", async () => {
  const before = Overlay.read(overlay)
  expect(await run("scripts/providers.ts")).toEqual({ code: 0, stdout: "", stderr: "" })
  for (const [file, text] of Object.entries(added)) writeFileSync(join(overlay, file), text)
  cpSync(join(root, "release/outside/fixtures/acme"), join(overlay, "packages/emulator/fixtures/acme-voice"), {
    recursive: true,
  })
  const outdated = await run("scripts/providers.ts")
  expect(outdated.code).toBe(1)
  expect(outdated.stderr).toContain("ProviderModules.ts")

  expect(await run("scripts/providers.ts", ["--write"])).toEqual({ code: 0, stdout: "", stderr: "" })
  const changes = Overlay.changed(before, Overlay.read(overlay))
  const byHand = (file: string) => file in added || file.startsWith("packages/emulator/fixtures/acme-voice/")
  expect(changes.filter((file) => !byHand(file))).toEqual(derived)
  expect(changes.filter(byHand).length).toBeGreaterThan(Object.keys(added).length)
  expect(await run("scripts/providers.ts")).toEqual({ code: 0, stdout: "", stderr: "" })
}, 120_000)

it("the packages export it, and the docs list it", () => {
  const { resolve } = createRequire(join(overlay, "packages/session/package.json"))
  expect(resolve("@pbx-auth/providers/Acme")).toBe(join(overlay, value))
  expect(resolve("@pbx-auth/emulator/witnesses/Acme")).toBe(join(overlay, witness))
  const files = Overlay.read(overlay)
  const published = (name: string) => JSON.parse(files.get(`packages/${name}/package.json`) ?? "").publishConfig.exports
  expect(published("providers")["./Acme"]).toEqual({
    types: "./dist/vendors/Acme.d.ts",
    default: "./dist/vendors/Acme.js",
  })
  expect(published("emulator")["./witnesses/Acme"].default).toBe("./dist/witnesses/Acme.js")
  expect(files.get("docs/README.md")).toContain("[Acme Voice](providers/acme-voice.md)")
  expect(files.get("docs/command.md")).toMatch(/^\| `acme-voice` \|.*`TENANT`/m)
  expect(files.get("docs/providers/README.md")).toContain("| [Acme Voice](acme-voice.md) | password | refresh token |")
  expect(files.get("docs/providers/acme-voice.md")).toContain("`POST /oauth/token`")
})

it.concurrent("it passes the suite of every provider, against its witness, by its suite.json", async () => {
  const tests = ["--root", "packages/session", "EveryProvider", "--testNamePattern", "acme-voice"]
  const report = ["--reporter", "json", "--outputFile", "report.json"]
  // Node itself loads the modules, once: to transform them all by Vite for this one file takes twice as long.
  const plain = ["--experimental.viteModuleRunner=false", "--no-isolate", "--maxWorkers=1", "--fsModuleCache=false"]
  const { code, stderr } = await run("node_modules/vitest/vitest.mjs", ["run", ...tests, ...report, ...plain])
  expect({ code, stderr }).toEqual({ code: 0, stderr: "" })
  const reported = JSON.parse(readFileSync(join(overlay, "packages/session/report.json"), "utf8"))
  expect(reported.numPassedTests).toBeGreaterThanOrEqual(15)
}, 120_000)

it.concurrent("the command gets a token, from the emulator that plays the vendor", async () => {
  const emulator = spawn(
    process.execPath,
    [join(overlay, "packages/emulator/src/bin.ts"), "--port", "0", "--vendor", "acme-voice"],
    { cwd: overlay, stdio: ["ignore", "pipe", "inherit"] },
  )
  const ended = once(emulator, "close")
  try {
    const [line] = (await once(createInterface({ input: emulator.stdout }), "line")) as [string]
    const { origin } = JSON.parse(line.slice("READY ".length))
    const { code, stderr, stdout } = await run(
      "packages/cli/src/bin.ts",
      ["token", "acme-voice", "--address", origin],
      {
        PBX_AUTH_TENANT: "north",
        PBX_AUTH_CLIENT_ID: "acme-app",
        PBX_AUTH_CLIENT_SECRET: "made-up-secret",
        PBX_AUTH_USERNAME: "maria",
        PBX_AUTH_PASSWORD: "made-up-password",
      },
    )
    expect({ code, stderr }).toEqual({ code: 0, stderr: "" })
    const headers = { authorization: `Bearer ${stdout.trim()}` }
    expect(await (await fetch(`${origin}/v1/me`, { headers })).json()).toEqual({ tenant: "north", name: "maria" })
  } finally {
    emulator.kill()
    await ended
  }
}, 120_000)

it("a vendor that the emulator always plays is one file, too: its part of the world follows", async () => {
  const before = Overlay.read(overlay)
  const file = "packages/emulator/src/residents/AcmeRoutes.ts"
  const text = within(file, outside("src/AcmeWitness.ts"))
    .replace('id: "acme-voice"', 'id: "acme-at-home"')
    .replace(/^ {2}hosts: .*\n/m, "")
  writeFileSync(join(overlay, file), `${text}\nexport const place = 4\n`)
  expect(await run("scripts/providers.ts", ["--write"])).toEqual({ code: 0, stdout: "", stderr: "" })
  expect(Overlay.changed(before, Overlay.read(overlay))).toEqual([
    file,
    "packages/emulator/src/residents/ResidentList.ts",
  ])
  const program = `
    import * as Effect from "effect/Effect"
    import { openEmulator } from "./emulator/OpenEmulator.ts"
    import { decodeWorld } from "./world/World.ts"
    const { acmeAtHome } = await Effect.runPromise(decodeWorld({ acmeAtHome: { lifetime: 77 } }))
    const { fetch } = openEmulator({ world: { acmeAtHome: { lifetime: 77 } } })
    const { status } = await fetch("https://anything.example/v1/me")
    process.stdout.write(JSON.stringify([acmeAtHome.lifetime, status]))`
  writeFileSync(join(overlay, "packages/emulator/src/Trial.ts"), program)
  expect(await run("packages/emulator/src/Trial.ts")).toEqual({ code: 0, stdout: "[77,401]", stderr: "" })
}, 120_000)
