/** A provider from a file of the user's own: its module is loaded, and checked before anything is asked. */

import { pathToFileURL } from "node:url"
import { type AuthError, ProviderId } from "@pbx-auth/providers/AuthError"
import { configure } from "@pbx-auth/providers/Configuration"
import { ofThisCopy } from "@pbx-auth/providers/OwnCopy"
import * as PrivateNetwork from "@pbx-auth/providers/PrivateNetwork"
import type { Provider } from "@pbx-auth/providers/Provider"
import * as Data from "effect/Data"
import * as Effect from "effect/Effect"
import * as Result from "effect/Result"
import * as Printable from "./Printable.ts"
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

const oneOf =
  (...words: ReadonlyArray<string>) =>
  (u: unknown): boolean =>
    words.includes(u as string)

const isText = (u: unknown): boolean => typeof u === "string" && u !== "" && !/\p{Cc}/u.test(u)

/** What the command itself reads of a provider. The library checks the rest, and the users' options. */
const checks: Readonly<Record<string, readonly [expected: string, is: (u: unknown) => boolean]>> = {
  id: ["up to 40 letters, digits and hyphens, all in lower case", ProviderId.is],
  name: ["a text", isText],
  page: ["a text", isText],
  dialect: [
    "an object with grants, refreshMethods and verdicts",
    (u) => isObject(u) && isObject(u.grants) && Array.isArray(u.refreshMethods) && Array.isArray(u.verdicts),
  ],
  addresses: ["an object with a prefix", (u) => isObject(u) && typeof u.prefix === "string"],
  clientAuthentication: ["form, basic or none", oneOf("form", "basic", "none")],
  clientSecret: ["required, optional or none", oneOf("required", "optional", "none")],
  signsInWith: ["password, client or browser", oneOf("password", "client", "browser")],
  scopes: ["none, optional, required or a list", (u) => oneOf("none", "optional", "required")(u) || Array.isArray(u)],
  renewsWith: ["refresh_token or sign_in", oneOf("refresh_token", "sign_in")],
  renewal: ["an object with a policy", (u) => isObject(u) && typeof u.policy === "string"],
  defaultLifetime: ["a number of ms above 0", (u) => typeof u === "number" && u > 0],
  capabilities: ["a Set", (u) => u instanceof Set],
  accessLevels: ["a list", Array.isArray],
  liveTokens: [
    "an object with a cap, a whole number above 0",
    (u) => u === undefined || (isObject(u) && Number.isSafeInteger(u.cap) && Number(u.cap) > 0),
  ],
  options: [
    "an object of fields, each with title, doc and identifies",
    (u) =>
      u === undefined ||
      (isObject(u) && Object.values(u).every((field) => isObject(field) && isText(field.title) && isText(field.doc))),
  ],
}

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

/** What the library says instead of a wrong field; `undefined` if nothing is wrong, or another field is. */
const fixOf = (result: Result.Result<unknown, AuthError>, field: string): string | undefined => {
  const reason = Result.isFailure(result) ? result.failure.reason : undefined
  return reason?._tag === "Misconfigured" && reason.field === field ? reason.fix : undefined
}

const checked = (provider: Provider): Provider | Wrong => {
  const held: Readonly<Record<string, unknown>> = { ...provider }
  const bad = Object.entries(checks).find(([name, [, is]]) => !is(held[name]))
  if (bad !== undefined) return wrong(`exports a provider whose ${bad[0]} is wrong. Expected ${bad[1][0]}.`)
  // Without a user's options it finds at once what is wrong with the provider itself.
  const described = fixOf(configure(provider, {}), "provider")
  if (described !== undefined) return wrong(`exports a provider with a mistake. ${described}`)
  const { standard, ...rules } = provider.addresses
  const addressed =
    standard === undefined
      ? undefined
      : fixOf(PrivateNetwork.resolve({ ...provider, addresses: rules }, {}, standard), "address")
  if (addressed !== undefined) return wrong(`exports a provider whose addresses.standard is wrong. ${addressed}`)
  // Without it a session has no prompt.
  const needsPrompt = provider.signsInWith === "browser" && !provider.capabilities.has("browser" as never)
  return needsPrompt
    ? wrong('exports a provider whose capabilities are wrong. Expected "browser" among them.')
    : // The file's copy of the library cannot open a secret that this program has made, so this program writes the requests.
      ofThisCopy(provider)
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
