/** The examples type-check, each framework's by its own checker. React's is a compilation of the workspace's `typecheck`. */
import { execFile } from "node:child_process"
import { fileURLToPath } from "node:url"
import { promisify } from "node:util"
import { expect, it } from "vitest"

const here = fileURLToPath(new URL("..", import.meta.url))

const check = async (program: string, ...args: ReadonlyArray<string>): Promise<string> => {
  const { stdout } = await promisify(execFile)(program, [...args], { cwd: here }).catch((failed) => failed)
  return stdout
}

it("Solid", async () => expect(await check("../node_modules/.bin/tsc", "-p", "examples/solid")).toBe(""))
it("Vue", async () => expect(await check("node_modules/.bin/vue-tsc", "-p", "examples/vue")).toBe(""))
it("Svelte", async () =>
  expect(
    await check(
      "node_modules/.bin/svelte-check",
      ...["--workspace", "examples/svelte", "--tsconfig", "./tsconfig.json", "--output", "machine"],
    ),
  ).toMatch(/COMPLETED \d+ FILES 0 ERRORS 0 WARNINGS/))
