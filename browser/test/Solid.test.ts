import { execFile } from "node:child_process"
import { fileURLToPath } from "node:url"
import { promisify } from "node:util"
import { expect, it } from "vitest"

it("a view follows a snapshot that Solid keeps in a store", async () => {
  const { stdout } = await promisify(execFile)(
    process.execPath,
    ["--conditions", "browser", fileURLToPath(new URL("../src/SolidStore.ts", import.meta.url))],
    { env: { ...process.env, NODE_OPTIONS: "" } },
  )
  expect(stdout.trim().split("\n")).toEqual(["unauthenticated.idle", "unauthenticated.signing_in"])
})
