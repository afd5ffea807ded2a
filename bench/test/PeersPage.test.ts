/** docs/peers.md, of the packages that are pinned. `npm run peers` tries them. */
import { readFileSync } from "node:fs"
import { expect, it } from "vitest"

const read = (path: string) => readFileSync(new URL(path, import.meta.url), "utf8")

it("the table is of the pinned versions (else run: npm run peers -- --write)", () => {
  const pinned: Readonly<Record<string, string>> = JSON.parse(read("../package.json")).devDependencies
  const [, head = ""] =
    /<!-- measured -->\n\nMeasured on \d{4}-\d\d-\d\d .*\n\n\|(.*)\|\n/.exec(read("../../docs/peers.md")) ?? []
  const shown = head
    .split("|")
    .map((cell) => cell.trim().split(" "))
    .filter(([name = ""]) => name !== "" && name !== "pbx-auth")
  expect(shown.length).toBeGreaterThan(5)
  for (const [name = "", version] of shown) expect([name, pinned[name]]).toEqual([name, version])
})
