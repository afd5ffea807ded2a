/**
 * A module's page: Markdown with a heading for each export and each member. Links lead to other pages beside it, by relative path.
 */
import { posix } from "node:path"
import type ts from "typescript-api"
import type { Declaration } from "./Declaration.ts"
import * as Docstring from "./Docstring.ts"
import type { TypeOf } from "./Inferred.ts"
import { namesIn, spokenOf, type Target, targetOf } from "./Link.ts"
import * as Outline from "./Outline.ts"
import * as Prose from "./Prose.ts"
import type { PublicModule } from "./PublicModule.ts"
import * as Signature from "./Signature.ts"
import { placeOf, sourceOf } from "./Source.ts"

/** A heading of a page, and the first sentence below it. */
export interface Anchor {
  /** `Session`, or `Session.signIn` for a member. */
  readonly name: string
  /** What follows `#` in a link. */
  readonly anchor: string
  readonly words: string
}

/** A page as the site takes it. */
export interface ModulePage {
  readonly module: PublicModule
  /** Below the folder of all pages: `session/operations/Health.md`. */
  readonly path: string
  /** The module's first sentence. */
  readonly description: string
  readonly anchors: ReadonlyArray<Anchor>
  readonly markdown: string
}

/** Where a module's page is, below the folder of all pages. */
const pathOf = ({ library, name }: PublicModule): string => `${library}/${name}.md`

const fenced = (code: string): string => `\`\`\`ts\n${code}\n\`\`\`\n`

/** Makes the page of a module. */
export const make = (module: PublicModule, typeOf: TypeOf): ModulePage => {
  const own = pathOf(module)
  const headings = Outline.anchorsOf(module)
  const found: Array<Anchor> = []

  const wayTo = ({ member, module: to, name }: Target): string => {
    const path = to.file === module.file ? "" : posix.relative(posix.dirname(own), pathOf(to))
    if (name === undefined) return path
    return `${path}#${Outline.anchorsOf(to).get(member === undefined ? name : `${name}.${member}`) ?? ""}`
  }

  const prose = (text: string, node: ts.Node, self?: string): string =>
    Prose.linked(text, (name) => {
      const target = spokenOf(placeOf(node).file, name)
      const isHere = target?.module.file === module.file && (target.name === undefined || target.name === self)
      return target === undefined || isHere ? undefined : wayTo(target)
    })

  /** The exports that a signature names, each once. */
  const mentioned = (code: string, file: string, self: string): string => {
    const links = new Map<string, string>()
    for (const name of namesIn(code)) {
      const target = targetOf(file, name)
      if (target === undefined || (target.module.file === module.file && target.name === self)) continue
      links.set(wayTo(target), `[\`${name}\`](${wayTo(target)})`)
    }
    return links.size === 0 ? "" : `See: ${[...links.values()].join(", ")}\n`
  }

  const heading = (level: number, name: string, doc: Docstring.Docstring | undefined): string => {
    found.push({ name, anchor: headings.get(name) ?? "", words: Prose.firstSentence(doc?.text ?? "") })
    return `${"#".repeat(level)} ${name}\n`
  }

  const member = (owner: string, { all, path }: Outline.Named): string => {
    const parts = all.flatMap(({ doc, node }) => {
      const code = Signature.ofMember(node, typeOf)
      const shown =
        code === undefined ? [] : [code.includes("\n") || code.includes("`") ? fenced(code) : `\`${code}\`\n`]
      return [...shown, `${prose(doc?.text ?? "", node, owner)}\n`]
    })
    return [heading(4, `${owner}.${path}`, all[0]?.doc), ...new Set(parts)].join("\n")
  }

  const exported = (name: string, declarations: ReadonlyArray<Declaration>): string => {
    const codes = declarations.map(({ node }) => Signature.ofExport(name, node, typeOf))
    const parts = declarations.flatMap(({ doc, node }, at) => {
      const { file, line } = placeOf(node)
      const code = codes[at] ?? ""
      return [
        `${prose(doc?.text ?? "", node, name)}\n`,
        fenced(code),
        mentioned(code, file, name),
        `Source: \`${file}:${line}\`\n`,
      ].filter((part) => part !== "")
    })
    const doc = declarations.find((one) => one.doc !== undefined)?.doc
    const members = Outline.membersOf(declarations).map((one) => member(name, one))
    return [heading(3, name, doc), ...parts, ...members].join("\n")
  }

  const source = sourceOf(module.file)
  const about = Docstring.ofModule(source)?.text ?? ""
  const description = Prose.firstSentence(about)
  const sections = [...Outline.groupsOf(module)].map(([category, group]) =>
    [
      `## ${Outline.titleOf(category)}\n`,
      ...[...group].map(([name, declarations]) => exported(name, declarations)),
    ].join("\n"),
  )
  const markdown = [
    `---\ntitle: ${JSON.stringify(module.specifier)}\ndescription: ${JSON.stringify(description)}\n---\n`,
    `${prose(about, source)}\n`,
    `Import it from \`${module.specifier}\`. Source: \`${module.file}\`\n`,
    ...sections,
  ].join("\n")
  return { module, path: own, description, anchors: found, markdown }
}
