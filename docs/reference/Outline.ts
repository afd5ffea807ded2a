/**
 * The order of a page: categories, their exports, the exports' members, and the anchor of each.
 */
import GithubSlugger from "github-slugger"
import { type Declaration, declarationsOf } from "./Declaration.ts"
import * as Member from "./Member.ts"
import type { PublicModule } from "./PublicModule.ts"

/** The exports of a module by category, in the order of the source. A type and a value of one name stand together. */
export const groupsOf = (
  module: PublicModule,
): ReadonlyMap<string, ReadonlyMap<string, ReadonlyArray<Declaration>>> => {
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

/** The heading of a category. */
export const titleOf = (category: string): string => category.charAt(0).toUpperCase() + category.slice(1)

/** The anchors of all names of a module, as its headings make them. */
export const anchorsOf = (module: PublicModule): ReadonlyMap<string, string> => {
  const known = anchors.get(module.file)
  if (known !== undefined) return known
  const slugger = new GithubSlugger()
  const made = new Map<string, string>()
  for (const [category, group] of groupsOf(module)) {
    slugger.slug(titleOf(category))
    for (const [name, declarations] of group) {
      made.set(name, slugger.slug(name))
      for (const { path } of membersOf(declarations)) made.set(`${name}.${path}`, slugger.slug(`${name}.${path}`))
    }
  }
  anchors.set(module.file, made)
  return made
}

const anchors = new Map<string, ReadonlyMap<string, string>>()

/** A member's name, and each member of that name: overloads, and fields that several cases of a union share. */
export interface Named {
  readonly path: string
  readonly all: ReadonlyArray<Member.Member>
}

/** The members of an export by name, in the order of the source. */
export const membersOf = (declarations: ReadonlyArray<Declaration>): ReadonlyArray<Named> => {
  const byPath = new Map<string, Array<Member.Member>>()
  for (const member of declarations.flatMap(Member.membersOf)) {
    byPath.set(member.path, [...(byPath.get(member.path) ?? []), member])
  }
  return [...byPath].map(([path, all]) => ({ path, all }))
}
