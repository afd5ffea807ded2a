/** A program that is written as one file does what its modules did. */
import { mkdtempSync, readdirSync, rmSync, writeFileSync } from "node:fs"
import { tmpdir } from "node:os"
import { join } from "node:path"
import { pathToFileURL } from "node:url"
import { afterAll, beforeAll, describe, expect, it } from "vitest"
import { run } from "../src/Command.ts"
import * as OneFile from "../src/OneFile.ts"

const modules = {
  "shared.js": `export const log = []; log.push("shared")`,
  "unused.js": `export const unused = "never wanted"`,
  "between.js": `import { log } from "./shared.js"; export class Between {}; log.push("between")`,
  "one.js": `
    import { Between } from "./between.js"
    import { log } from "./shared.js"
    log.push("one")
    export const name = Between.name
    export const url = import.meta.url
    export const isStrict = (function () { return this === undefined })()
    export const other = () => import("./other.js")`,
  "other.js": `
    import { Between } from "./between.js"
    import { log } from "./shared.js"
    import { basename } from "node:path"
    log.push("other")
    export { Between }
    export default basename("a/b")`,
  "broken.js": `throw new Error("broken as it loads")`,
  "main.js": `
    import { log } from "./shared.js"
    log.push("main")
    const tell = async () => {
      const one = await import("./one.js")
      const other = await one.other()
      const again = await import("./other.js")
      const broken = await import("./broken.js").catch((error) => error.message)
      console.log(JSON.stringify({
        log, broken,
        name: one.name,
        urls: [import.meta.url, one.url],
        default: other.default,
        isStrict: [(function () { return this === undefined })(), one.isStrict],
        isSame: again.Between === other.Between && again.Between.name === one.name,
      }))
    }
    tell()`,
}

const folder = mkdtempSync(join(tmpdir(), "one-file-"))
const away = mkdtempSync(join(tmpdir(), "one-file-away-"))
const outfile = join(away, "program.cjs")
let written: OneFile.Written

beforeAll(async () => {
  for (const [name, text] of Object.entries(modules)) writeFileSync(join(folder, name), text)
  written = await OneFile.write({
    entry: join(folder, "main.js"),
    outfile,
    reading: {},
    writing: { platform: "node", target: "node22", minifySyntax: true, minifyWhitespace: true },
  })
})

afterAll(() => {
  for (const made of [folder, away]) rmSync(made, { recursive: true })
})

describe("a program in one file", () => {
  it("evaluates each module once, and what it loads late when it is asked for", async () => {
    const { code, stderr, stdout } = await run(process.execPath, [outfile], { cwd: away })
    expect({ code, stderr }).toEqual({ code: 0, stderr: "" })
    expect(JSON.parse(stdout)).toEqual({
      log: ["shared", "main", "between", "one", "other"],
      broken: "broken as it loads",
      name: "Between",
      urls: [pathToFileURL(outfile).href, pathToFileURL(outfile).href],
      isStrict: [true, true],
      default: "b",
      isSame: true,
    })
  })

  it("needs nothing beside it", () => {
    expect(readdirSync(away)).toEqual(["program.cjs"])
  })

  it("tells which modules are in it", () => {
    const names = [...written.inputs].map((path) => path.split("/").at(-1)).sort()
    expect(names).toEqual(["between.js", "broken.js", "main.js", "one.js", "other.js", "shared.js"])
  })

  it("says where something went wrong", async () => {
    writeFileSync(join(folder, "fails.js"), `import("./broken.js").catch((error) => console.log(error.stack))`)
    await OneFile.write({
      entry: join(folder, "fails.js"),
      outfile: join(folder, "fails.cjs"),
      reading: {},
      writing: { platform: "node" },
    })
    const { stdout } = await run(process.execPath, [join(folder, "fails.cjs")], { cwd: away })
    expect(stdout).toContain("fails.cjs/broken-")
  })
})
