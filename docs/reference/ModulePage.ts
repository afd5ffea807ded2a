/**
 * A module's page: Markdown with a heading for each export and each member. Links lead to other pages beside it, by relative path.
 */
import { posix } from "node:path"
import GithubSlugger from "github-slugger"
import type ts from "typescript-api"
import { type Declaration, declarationsOf } from "./Declaration.ts"
import * as Docstring from "./Docstring.ts"
import type { TypeOf } from "./Inferred.ts"
import { namesIn, spokenOf, type Target, targetOf } from "./Link.ts"
import { type Member, membersOf } from "./Member.ts"
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

/** The exports of a module by category, in the order of the source. A type and a value of one name stand together. */
const groupsOf = (module: PublicModule): ReadonlyMap<string, ReadonlyMap<string, ReadonlyArray<Declaration>>> => {
  const groups = new Map<string, Map<string, Array<Declaration>>>()
  const placed = new Map<string, Map<string, Array<Declaration>>>()
  for (const one of declarationsOf(module)) {
    const category = one.doc?.category ?? "exports"
    const group = placed.get(one.name) ?? groups.get(category) ?? new Map<string, Array<Declaration>>()
    if (!placed.has(one.name)) groups.set(category, group)
    placed.set(one.name, group)
    group.set(one.name, [...(group.get(one.name) ?? []), one])
  }
  return groups
}

const capital = (words: string): string => words.charAt(0).toUpperCase() + words.slice(1)

/** The anchors of all names of a module, as its headings make them. */
const anchorsOf = (module: PublicModule): ReadonlyMap<string, string> => {
  const known = anchors.get(module.file)
  if (known !== undefined) return known
  const slugger = new GithubSlugger()
  const made = new Map<string, string>()
  for (const [category, group] of groupsOf(module)) {
    slugger.slug(capital(category))
    for (const [name, declarations] of group) {
      made.set(name, slugger.slug(name))
      for (const { path } of once(declarations.flatMap(membersOf)))
        made.set(`${name}.${path}`, slugger.slug(`${name}.${path}`))
    }
  }
  anchors.set(module.file, made)
  return made
}

const anchors = new Map<string, ReadonlyMap<string, string>>()

/** Overloads, and fields that several cases of a union share, are one member with all their words. */
const once = (members: ReadonlyArray<Member>): ReadonlyArray<Member & { readonly all: ReadonlyArray<Member> }> => {
  const byPath = new Map<string, Array<Member>>()
  for (const member of members) byPath.set(member.path, [...(byPath.get(member.path) ?? []), member])
  return [...byPath.values()].flatMap((all) => (all[0] === undefined ? [] : [{ ...all[0], all }]))
}

const fenced = (code: string): string => `\`\`\`ts\n${code}\n\`\`\`\n`

/** Makes the page of a module. */
export const make = (module: PublicModule, typeOf: TypeOf): ModulePage => {
  const own = pathOf(module)
  const headings = anchorsOf(module)
  const found: Array<Anchor> = []

  const wayTo = ({ member, module: to, name }: Target): string => {
    const path = to.file === module.file ? "" : posix.relative(posix.dirname(own), pathOf(to))
    if (name === undefined) return path
    return `${path}#${anchorsOf(to).get(member === undefined ? name : `${name}.${member}`) ?? ""}`
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

  const member = (owner: string, { all, path }: ReturnType<typeof once>[number]): string => {
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
    const members = once(declarations.flatMap(membersOf)).map((one) => member(name, one))
    return [heading(3, name, doc), ...parts, ...members].join("\n")
  }

  const source = sourceOf(module.file)
  const about = Docstring.ofModule(source)?.text ?? ""
  const description = Prose.firstSentence(about)
  const sections = [...groupsOf(module)].map(([category, group]) =>
    [`## ${capital(category)}\n`, ...[...group].map(([name, declarations]) => exported(name, declarations))].join("\n"),
  )
  const markdown = [
    `---\ntitle: ${JSON.stringify(module.specifier)}\ndescription: ${JSON.stringify(description)}\n---\n`,
    `${prose(about, source)}\n`,
    `Import it from \`${module.specifier}\`. Source: \`${module.file}\`\n`,
    ...sections,
  ].join("\n")
  return { module, path: own, description, anchors: found, markdown }
}
