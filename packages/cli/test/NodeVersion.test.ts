/** A Node that is too old is told so, and nothing else happens. */
import { writeFileSync } from "node:fs"
import { join } from "node:path"
import { assert, describe, it } from "@effect/vitest"
import manifest from "../package.json" with { type: "json" }
import { folder } from "./Folder.ts"
import { run } from "./Process.ts"
import { toldFailure } from "./ToldFailure.ts"

/** The command in this Node, which says that it is another one. */
const runIn = (version: string, ...args: ReadonlyArray<string>) => {
  const preload = join(folder().PBX_AUTH_DIRECTORY, "..", "version.cjs")
  writeFileSync(
    preload,
    `Object.defineProperty(process, "versions", { value: { ...process.versions, node: ${JSON.stringify(version)} } })
process.getBuiltinModule = undefined
`,
  )
  return run(args, {}, ["--require", preload])
}

const line = "pbx-auth needs Node 22.19 or newer; this is"

describe("a Node that is too old", () => {
  it("is named in one line, also for the help and the version", async () => {
    for (const version of ["18.20.8", "20.19.5", "22.18.0"]) {
      for (const args of [["token", "ipex"], ["--help"], ["--version"]]) {
        const ran = await runIn(version, ...args)
        assert.deepStrictEqual(ran, { code: 2, stdout: "", stderr: `pbx-auth: ${line} ${version}.\n` })
      }
    }
  })

  it("is told with --json as each error, and curl sends nothing", async () => {
    const { code, stderr } = await runIn("20.19.5", "token", "--json")
    const told = toldFailure(stderr)
    assert.deepInclude(told, { error: "NodeVersion", remedy: "configure", exit_code: 2, message: `${line} 20.19.5.` })
    assert.strictEqual(code, 2)
    assert.include((await runIn("20.19.5", "token", "--curl-config")).stdout, 'proto = "-all"')
  })

  it("is older than what the manifest says, and no other one is refused", async () => {
    assert.strictEqual(manifest.engines.node, ">=22.19.0")
    const ran = await run(["--version"])
    assert.strictEqual(ran.code, 0)
  })
})
