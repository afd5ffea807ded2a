/** The site's pages, before anything builds them: what is written from the repository's Markdown, and where it stands. */
import { describe, expect, it } from "vitest"
import * as Address from "../playground/Address.ts"
import { skySwitch } from "../playground/Provider.ts"
import { blocksOf, descriptionOf, titleOf } from "../site/Block.ts"
import { choicesOf } from "../site/Choice.ts"
import { commentOf, contentOf, fileContent } from "../site/Content.ts"
import { dotOf, drawingOf } from "../site/Diagram.ts"
import * as Llms from "../site/Llms.ts"
import { playing, playOf } from "../site/Play.ts"
import { entriesOf, isGroup, sidebar } from "../site/Sidebar.ts"
import {
  examplePages,
  markdownPages,
  pageOf,
  type SitePage,
  targetOf,
  textOf,
  wayTo,
  wayToMarkdown,
} from "../site/SitePage.ts"

const groups = sidebar()
const entries = entriesOf(groups)

const written = new Map<string, ReturnType<typeof contentOf>>()
const contentAt = (page: SitePage) => {
  const content = written.get(page.source) ?? contentOf(page)
  written.set(page.source, content)
  return content
}

describe("the sidebar", () => {
  it("has every Markdown page, and every example", () => {
    const listed = new Set(entries.map(({ slug }) => slug))
    const examples = examplePages().filter(({ source }) => source.startsWith("docs/"))
    expect(
      [...markdownPages(), ...examples].filter(({ slug }) => !listed.has(slug)).map(({ source }) => source),
    ).toEqual([])
  })

  it("has no page twice", () => {
    const slugs = entries.map(({ slug }) => slug)
    expect(slugs.filter((slug, at) => slugs.indexOf(slug) !== at)).toEqual([])
  })

  it("keeps the kinds of pages apart, in this order", () => {
    expect(groups.map(({ label }) => label)).toEqual(["Start", "How-to", "Examples", "Reference", "Explanation"])
    const reference = groups.find(({ label }) => label === "Reference")?.items.filter(isGroup) ?? []
    expect(reference.map(({ label }) => label)).toEqual(expect.arrayContaining(["Providers", "Errors"]))
    const explanation = groups.find(({ label }) => label === "Explanation")?.items ?? []
    const decisions = explanation.filter(isGroup).find(({ label }) => label === "Decisions")
    expect(entriesOf(decisions?.items ?? []).length).toBeGreaterThanOrEqual(31)
  })
})

describe("the addresses", () => {
  it.each([
    ["README.md", "overview"],
    ["docs/README.md", "docs"],
    ["docs/errors/passcode-required.md", "errors/passcode-required"],
    ["docs/providers/README.md", "providers"],
    ["packages/emulator/README.md", "packages/emulator"],
    ["docs/examples/effect-app.ts", "examples/effect-app"],
    ["packages/session/src/record/Claim.ts", "source/packages/session/src/record/claim.ts"],
  ])("%s is at /%s/", (source, slug) => expect(pageOf(source).slug).toBe(slug))

  it("are each of one page", () => {
    const slugs = [...markdownPages(), ...examplePages()].map(({ slug }) => slug)
    expect(slugs.filter((slug, at) => slugs.indexOf(slug) !== at)).toEqual([])
  })

  it("are linked by ways that hold below any path", () => {
    expect(wayTo("decisions/0031-x", "cluster")).toBe("../../cluster/")
    expect(wayTo("first-token", "first-token")).toBe("./")
    expect(wayToMarkdown("decisions/0031-x", "cluster")).toBe("../cluster.md")
  })

  it("lead from the Markdown to the playground below any path", async () => {
    expect((await contentAt(pageOf("docs/test-values.md"))).markdown).toContain(`(./?provider=${skySwitch}&`)
    expect((await contentAt(pageOf("docs/errors/bad-passcode.md"))).markdown).toContain(`(../?provider=${skySwitch}&`)
  })

  it("are refused where a link leads nowhere", () => {
    expect(() => targetOf("docs/README.md", "nowhere.md")).toThrow("docs/README.md links to nowhere.md")
  })
})

describe.each(markdownPages())("$source", (page) => {
  it("has a title, and a text without it", async () => {
    const { title, body, markdown, description } = await contentAt(page)
    expect(title).not.toMatch(/[`[\]]|\*\*/)
    expect(description.length).toBeGreaterThan(20)
    expect(body).not.toMatch(/^# /)
    expect(markdown.trimStart()).toMatch(/^# /)
  })
  it("links to pages of the site, and to no file", async () => {
    const { body, markdown } = await contentAt(page)
    const links = (text: string) =>
      blocksOf(text).flatMap((block) =>
        block.kind === "prose"
          ? [...block.text.replace(/`[^`]*`/g, "").matchAll(/(!?)\]\((?!https:|http:|mailto:)([^)]+)\)/g)].map(
              ([, , to = ""]) => to,
            )
          : [],
      )
    expect(
      links(body).filter((link) => !/^(#.+|(\.\.?\/|[\w./-]+\/)(#.+)?|\w+\.svg|(\.\.\/)+\?.+)$/.test(link)),
    ).toEqual([])
    expect(links(markdown).filter((link) => !/\.(md|svg)(#.+)?$|^#|\?/.test(link))).toEqual([])
  })
})

describe("a page", () => {
  const about = (text: string) => contentOf(pageOf("docs/first-token.md"), `# T\n\n${text}`)

  it("has its links where they stood, and code as it was", async () => {
    const { body } = await about(
      "See [`it`](cluster.md#x), `[no](link.md)` and [out](https://effect.website), and [code](../packages/session/src).\n\n```md\n[a](b.md)\n```\n",
    )
    expect(body).toContain("See [`it`](../cluster/#x), `[no](link.md)` and [out](https://effect.website)")
    expect(body).toContain("and code (`packages/session/src`).")
    expect(body).toContain("[a](b.md)")
  })

  it("makes one choice of Effect and promises", async () => {
    const two =
      '```ts title="Effect"\nyield\n```\n\n<!-- from docs/examples/plain-promise.ts -->\n\n```ts title="Promises"\nawait\n```\n'
    const { body } = await about(`Before.\n\n<!-- from docs/examples/effect-app.ts#app -->\n\n${two}\nAfter.`)
    expect(body.match(/data-face="(\w+)"/g)).toEqual(['data-face="effect"', 'data-face="promises"'])
    expect(body).toContain('href="../examples/effect-app/"')
    expect(body).toContain('href="../examples/plain-promise/"')
    expect(body).not.toContain("title=")
    expect(body.indexOf("Before.")).toBeLessThan(body.indexOf("pbx-choice"))
    expect(body.indexOf("After.")).toBeGreaterThan(body.lastIndexOf("data-face"))
  })

  it("makes none of a single one, of two of a kind, or of two with words between them", () => {
    const kinds = (text: string) => choicesOf(blocksOf(text)).map(({ kind }) => kind)
    const block = (name: string) => `\`\`\`ts title="${name}"\nx\n\`\`\`\n`
    expect(kinds(block("Effect"))).toEqual(["code"])
    expect(kinds(`${block("Effect")}\n${block("Effect")}`)).toEqual(["code", "code"])
    expect(kinds(`${block("Effect")}\nor\n\n${block("Promises")}`)).toEqual(["code", "prose", "code"])
    expect(kinds(`${block("Promises")}\n${block("Effect")}`)).toEqual(["choice"])
  })

  it("is described by its first paragraph", () => {
    expect(titleOf("# The `one`\n\ntext")).toBe("The one")
    expect(
      descriptionOf("# T\n\n<!-- x -->\n\n- list\n\nThe [first](x.md) `one` of all paragraphs.\n\nThe second."),
    ).toBe("The first one of all paragraphs.")
    expect(() => titleOf("text")).toThrow("a page begins with its title")
  })
})

describe("an example", () => {
  it("says what it shows, and how to run it", () => {
    const { words, commands } = commentOf(
      "// It shows x.\n//\n//   npm run node docs/examples/x.ts    in a terminal\nimport",
    )
    expect(words).toBe("It shows x.")
    expect(commands).toEqual(["npm run node docs/examples/x.ts    in a terminal"])
  })

  it.each(playing)("%s is there, and plays where the playground understands each word", (name) => {
    expect(examplePages().map(({ source }) => source)).toContain(`docs/examples/${name}.ts`)
    const address = playOf(name) ?? ""
    expect(Address.write(Address.read(address))).toBe(address)
    expect(fileContent(pageOf(`docs/examples/${name}.ts`)).body).toContain(`(../../${address})`)
  })

  it.each(examplePages())("$source is whole on its page, with a way to run it", (page) => {
    const { body, title } = fileContent(page)
    expect(body).toMatch(/## Run it\n\n[^#]/)
    expect(body).toContain(textOf(page.source).trimEnd())
    expect(title).toBe(page.source.split("/").at(-1))
  })
})

it("every Mermaid diagram of the pages can be drawn", () => {
  const diagrams = markdownPages().flatMap(({ source }) =>
    blocksOf(textOf(source)).flatMap((block) =>
      block.kind === "code" && block.info === "mermaid" ? [[source, dotOf(block.code)] as const] : [],
    ),
  )
  expect(diagrams.length).toBeGreaterThan(0)
  expect(diagrams.filter(([, dot]) => dot === undefined)).toEqual([])
  expect(dotOf("stateDiagram-v2\n  a --> b : C<br/>D")).toContain('"a" -> "b" [label=" C\\nD "]')
  expect(dotOf("pie\n  x")).toBeUndefined()
  expect(dotOf("flowchart TD\n  a ==> b")).toBeUndefined()
})

it("a diagram has the colour of the text around it, and says its arrows", async () => {
  const drawn = (await drawingOf("stateDiagram-v2\n  [*] --> a\n  a --> b : C<br/>D")) ?? ""
  expect(drawn).toContain('aria-label="[*] to a; a to b by C, D"')
  expect(drawn).not.toMatch(/#000|"black"|\n|fill="[^"]*"[^>]*fill=/)
  expect(drawn.match(/<svg [^>]*>/)?.[0]).not.toMatch(/"[\w-]+="/)
})

it("llms.txt names each page of the sidebar once, with its Markdown", async () => {
  const contents = await Promise.all(markdownPages().map(contentAt))
  const text = Llms.index(groups, new Map(contents.map((content) => [content.page.slug, content])))
  for (const { page, title } of contents) {
    expect(text.split(`[${title}](${page.slug}.md):`).length - 1, page.source).toBe(1)
  }
})

it("llms-small.txt has the guides, and leaves out decisions and what contributors need", async () => {
  const contents = await Promise.all(markdownPages().map(contentAt))
  const [small, full] = [Llms.small(contents), Llms.full(contents)]
  const has = (text: string, page: RegExp) => page.test(text)
  for (const page of [/^<!-- \/decisions\/.+\.md -->$/m, /^<!-- \/contributing\.md -->$/m]) {
    expect([has(full, page), has(small, page)], String(page)).toEqual([true, false])
  }
  for (const page of [/^<!-- \/first-token\.md -->$/m, /^<!-- \/errors\/.+\.md -->$/m]) {
    expect([has(full, page), has(small, page)], String(page)).toEqual([true, true])
  }
})
