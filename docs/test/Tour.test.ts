import { execFile } from "node:child_process"
import { promisify } from "node:util"
import { expect, it } from "vitest"
import { pages, root, scripts } from "./Page.ts"

it("prints what the README says that it prints, and ends well", async () => {
  const readme = pages.find(({ path }) => path === "README.md")?.text ?? ""
  const blocks = [...readme.matchAll(/<!-- printed by npm (\S+) -->\n\n```text\n(.*?)^```$/gms)]
  expect(blocks).not.toEqual([])
  for (const [, script = "", block = ""] of blocks) {
    const [launcher, ...args] = scripts[script]?.replace("node scripts/launcher.mjs ", "").split(" ") ?? []
    expect(launcher).toBe("node")
    const { stdout } = await promisify(execFile)(process.execPath, args, { cwd: root })
    expect(stdout).toContain(block)
  }
})
