/** A provider from a file of the user's own: its module is loaded, and checked before anything is asked. */

import { pathToFileURL } from "node:url"
import { faultOf } from "@pbx-auth/providers/DescriptionCheck"
import { ofThisCopy } from "@pbx-auth/providers/OwnCopy"
import type { Provider } from "@pbx-auth/providers/Provider"
import * as Data from "effect/Data"
import * as Effect from "effect/Effect"
import * as Printable from "../shell/Printable.ts"
import * as ProviderEntry from "./ProviderEntry.ts"
import * as ProviderPath from "./ProviderPath.ts"
import * as ProviderTable from "./ProviderTable.ts"

/**
 * The file holds no provider that can be used.
 *
 * @category errors
 */
export class ProviderFileError extends Data.TaggedError("ProviderFile")<{
  readonly path: string
  readonly problem: string
}> {
  override get message(): string {
    return `The file of the provider ${Printable.line(this.path)} ${this.problem}`
  }
}

/** What is wrong with a file, before its path is said. */
class Wrong extends Data.TaggedError("Wrong")<{ readonly problem: string }> {}

const wrong = (problem: string) => new Wrong({ problem })

const isObject = (u: unknown): u is Readonly<Record<string, unknown>> => typeof u === "object" && u !== null

/** Looks like a provider, well made or not: it has an id, and says how its requests look. */
const isMeantAsOne = (u: unknown): u is Provider => isObject(u) && "id" in u && "dialect" in u && "addresses" in u

/** The default export, or the one export that is a provider. */
const found = (module: Readonly<Record<string, unknown>>): Provider | Wrong => {
  const { default: usual, ...others } = module
  if (isMeantAsOne(usual)) return usual
  const all = Object.values(others).filter(isMeantAsOne)
  const [only] = all
  if (only === undefined) return wrong("exports no provider. Export one: export default defineProvider({ … }).")
  return all.length === 1 ? only : wrong(`exports ${all.length} providers. Make one of them the default export.`)
}

const checked = (found: Provider): Provider | Wrong => {
  // The file's copy of the library cannot open a secret that this program has made, so this program writes the requests.
  const provider = ofThisCopy(found)
  const fault = faultOf(provider)
  if (fault !== undefined) return wrong(`exports a provider with a mistake. ${fault}`)
  // Without it a session has no prompt.
  const needsPrompt = provider.signsInWith === "browser" && !provider.capabilities.has("browser" as never)
  return needsPrompt
    ? wrong('exports a provider whose capabilities are wrong. Expected "browser" among them.')
    : provider
}

/** The class of what a module threw, or Node's code for it: never its text, which may hold anything. */
const classOf = (error: unknown): string => {
  const { code } = Object(error) as { readonly code?: unknown }
  if (typeof code === "string" && /^ERR_[A-Z_]{1,60}$/.test(code)) return code
  const name = error instanceof Error ? error.constructor.name : typeof error
  return /^[A-Za-z]\w{0,39}$/.test(name) ? name : "Error"
}

/** A module is loaded once in a process, as Node does it. */
const loaded = new Map<string, Provider>()

/**
 * Loads it, and declares the variables of its options. Fails as `ProviderFileError`, which never repeats what the module threw.
 *
 * @category constructors
 */
export const load = Effect.fnUntraced(
  function* (path: string) {
    const known = loaded.get(path)
    if (known !== undefined) return known
    const why = ProviderPath.missing(path)
    if (why !== undefined) return yield* wrong(`cannot be read (${why}). Check the path.`)
    const module = yield* Effect.tryPromise({
      try: async () => (await import(pathToFileURL(path).href)) as Readonly<Record<string, unknown>>,
      catch: (error) => wrong(`did not load (${classOf(error)}). Run it with node to see why.`),
    })
    // A getter or a proxy may throw.
    const provider = yield* Effect.try({
      try: () => {
        const one = found(module)
        const good = one instanceof Wrong ? one : checked(one)
        if (!(good instanceof Wrong)) ProviderTable.admit(path, ProviderEntry.of(good))
        return good
      },
      catch: (error) => wrong(`did not load (${classOf(error)}). Run it with node to see why.`),
    })
    if (provider instanceof Wrong) return yield* provider
    loaded.set(path, provider)
    return provider
  },
  (loading, path) => Effect.mapError(loading, ({ problem }) => new ProviderFileError({ path, problem })),
)
