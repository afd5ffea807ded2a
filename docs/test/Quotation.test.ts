import { describe, expect, it } from "vitest"
import { type Page, pages } from "./Page.ts"
import { readExample, unquoted, written } from "./Quotation.ts"

const fence = "```"
const page = (source: string, info: string, body: string): Page => ({
  path: "page.md",
  prose: "",
  text: `# A page\n\n${source}\n\n${fence}${info}\n${body}${fence}\n\nWords.\n`,
})
const from = "docs/examples/effect-app.ts"

describe("a quotation", () => {
  it("is written from a region, also into an empty block, and the words behind the language stay", () => {
    const { problems, text } = written(page(`<!-- from ${from}#service -->`, 'ts title="Effect"', ""))
    expect(problems).toEqual([])
    expect(text).toContain(
      `${fence}ts title="Effect"\nconst program = Effect.gen(function* () {\n  const pbx = yield* SkySwitch\n`,
    )
    expect(text).not.toContain("#region")
    expect(text.endsWith(`})\n${fence}\n\nWords.\n`)).toBe(true)
  })

  it("is written anew when the example has changed", () => {
    const source = `<!-- from ${from}#service -->`
    const current = written(page(source, "ts", "")).text
    expect(written({ path: "page.md", prose: "", text: current.replace("SkySwitch", "Skyswitch") }).text).toBe(current)
  })

  it("of a whole file leaves the heading comment out", () => {
    const { text } = written(page(`<!-- from ${from} -->`, "ts", ""))
    expect(text).toContain(`${fence}ts\nimport { SkySwitch }`)
    expect(readExample(from).heading).toContain("npm run node docs/examples/effect-app.ts")
  })

  it("against another example is a diff of the two", () => {
    const source = "<!-- from docs/examples/kept-with-promises.ts against docs/examples/first-token.ts -->"
    const { problems, text } = written(page(source, "diff", ""))
    expect(problems).toEqual([])
    expect(text).toContain('\n+import { openTokenStore } from "@pbx-auth/session/PromiseTokenStore"\n')
    expect(text).toContain('\n import { openSkySwitch } from "@pbx-auth/session/Promises"\n')
  })

  it.each([
    ["", "ts", /not from a file/],
    ["<!-- from packages/session/src/Session.ts -->", "ts", /not from the examples/],
    ["<!-- from docs/examples/nowhere.ts -->", "ts", /no such file/],
    [`<!-- from ${from}#nowhere -->`, "ts", /has no region nowhere/],
    [`<!-- from ${from} against docs/examples/first-token.ts -->`, "ts", /in a block of ts/],
    [`<!-- from ${from} -->`, "diff", /in a block of diff/],
  ])("from %s in a block of %s is refused", (source, info, problem) => {
    expect(written(page(source, info, "const a = 1\n")).problems).toEqual([expect.stringMatching(problem)])
  })
})

it("a region that no page quotes is found", () => {
  expect(unquoted(pages.filter(({ path }) => path !== "README.md"))).toContain(`${from}#service`)
})
