/**
 * From a name in a docstring or a signature to the place where it is described.
 */
import ts from "typescript-api"
import { type Described, declarationsOf, describedAt } from "./Declaration.ts"
import { membersOf } from "./Member.ts"
import { type PublicModule, publicModules } from "./PublicModule.ts"
import { resolveQualified } from "./Source.ts"

/** An export, or a member of it. */
export interface Target {
  readonly module: PublicModule
  /** Without a name the module as a whole. */
  readonly name: string | undefined
  /** The member's path: `client.id`. */
  readonly member?: string | undefined
}

const described = (file: string, text: string): Described | undefined =>
  resolveQualified(file, text)
    .map(describedAt)
    .find((found) => found !== undefined)

/** A module's own name before one of its exports: `Session.withPatience` in `Session.ts`. */
const withoutOwn = (file: string, text: string): string => {
  const own = file.replace(/.*\//, "").replace(/\.ts$/, "")
  return text.startsWith(`${own}.`) && described(file, own) === undefined ? text.slice(own.length + 1) : text
}

/** The libraries whose docstrings name a reason of an `AuthError` without importing it. */
const failing = new Set(["providers", "session", "store", "store-node", "store-postgres", "store-redis", "cluster"])

/** A name that the file does not import: a module beside it, an export of its library, or a reason of an `AuthError`. */
const neighbour = (file: string, name: string): Target | undefined => {
  const library = file.split("/")[1] ?? ""
  const modules = publicModules()
  const beside = modules.find((one) => one.library === library && one.name.replace(/.*\//, "") === name)
  const exporting = modules.filter(
    (one) => one.library === library || (one.name === "AuthError" && failing.has(library)),
  )
  const found = exporting.flatMap((module) => declarationsOf(module).filter((one) => one.name === name))
  const places = new Set(found.map(({ node }) => describedAt(node)))
  const [only] = places
  if (only !== undefined && new Set([...places].map((one) => one?.module.file)).size === 1) return only
  return beside === undefined ? undefined : { module: beside, name: undefined }
}

/** What a name means in a file: `AuthError`, `Session.withPatience`, `SessionView.of`. */
export const targetOf = (file: string, text: string): Target | undefined => {
  const name = withoutOwn(file, text)
  const whole = described(file, name)
  if (whole !== undefined) return whole
  const at = name.lastIndexOf(".")
  if (at < 0) return undefined
  const owner = described(file, name.slice(0, at))
  const member = name.slice(at + 1)
  if (owner === undefined) return undefined
  const isThere = declarationsOf(owner.module)
    .filter((one) => one.name === owner.name)
    .some((one) => membersOf(one).some(({ path }) => path === member))
  return isThere ? { ...owner, member } : undefined
}

/** What a docstring of a file means by a name. It may speak of what the file does not import. */
export const spokenOf = (file: string, text: string): Target | undefined =>
  targetOf(file, text) ?? (/^[A-Z]\w*$/.test(text) ? neighbour(file, text) : undefined)

/** Every name in a piece of TypeScript, once: `Effect.Effect`, `AuthError`. */
export const namesIn = (code: string): ReadonlyArray<string> => {
  const scanner = ts.createScanner(ts.ScriptTarget.ES2022, true, ts.LanguageVariant.Standard, code)
  const names = new Set<string>()
  let name = ""
  for (let kind = scanner.scan(); ; kind = scanner.scan()) {
    if (kind === ts.SyntaxKind.Identifier)
      name = name.endsWith(".") ? name + scanner.getTokenText() : scanner.getTokenText()
    else if (kind === ts.SyntaxKind.DotToken && name !== "") name += "."
    else {
      if (name !== "") names.add(name.replace(/\.$/, ""))
      name = ""
    }
    if (kind === ts.SyntaxKind.EndOfFileToken) return [...names]
  }
}
