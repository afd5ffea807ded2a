/** What a language model reads: an index of the pages (llms.txt), and their text in one file. See https://llmstxt.org */
import { families } from "@pbx-auth/providers/Catalog"
import type { Content } from "./Content.ts"
import { type Group, isGroup } from "./Sidebar.ts"

const vendors = families.flatMap(([first]) => first?.name ?? []).join(", ")

const about = `> pbx-auth gets, renews and hands out access tokens for the APIs of hosted-PBX vendors: ${vendors}.
> It is written in TypeScript, for Effect and for plain promises. Each page below is Markdown.`

const listOf = (group: Group, contents: ReadonlyMap<string, Content>): ReadonlyArray<string> =>
  group.items.flatMap((item) => {
    if (isGroup(item)) return [`\n### ${item.label}\n`, ...listOf(item, contents)]
    const content = contents.get(item.slug)
    return content === undefined ? [] : [`- [${content.title}](${item.slug}.md): ${content.description}`]
  })

export const index = (sidebar: ReadonlyArray<Group>, contents: ReadonlyMap<string, Content>): string => {
  const groups = sidebar.map((group) => `## ${group.label}\n\n${listOf(group, contents).join("\n")}`)
  const files = `## In one file\n\n- [Guides and facts](llms-small.txt): without decisions, examples and the API reference\n- [Everything](llms-full.txt)`
  return `# pbx-auth\n\n${about}\n\n${[files, ...groups].join("\n\n")}\n`.replace(/\n{3,}/g, "\n\n")
}

const whole = (contents: ReadonlyArray<Content>): string =>
  `# pbx-auth\n\n${about}\n\n${contents.map(({ page, markdown }) => `<!-- /${page.slug}.md -->\n\n${markdown.trim()}\n`).join("\n")}`

/** Pages that a small text leaves out. */
const isLarge = ({ page }: Content) =>
  page.kind !== "page" || /^(decisions|reference|docs|contributing|packages\/emulator\/fixtures)(\/|$)/.test(page.slug)

export const full = (contents: ReadonlyArray<Content>): string =>
  whole(contents.filter(({ page }) => page.kind !== "source"))

export const small = (contents: ReadonlyArray<Content>): string => whole(contents.filter((each) => !isLarge(each)))
