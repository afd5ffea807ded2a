/**
 * From a user's options to an account: the check on entry.
 *
 * The provider's value says which of them it takes, so there is one check for all providers. Options may come from JavaScript, files
 * and environments, where the compiler checks nothing. So this checks everything.
 */

import { hasProperty, isObject } from "effect/Predicate"
import * as Redacted from "effect/Redacted"
import * as Result from "effect/Result"
import { isDescribed } from "#DescriptionCheck"
import type {
  Account,
  Capability,
  Client,
  Configured,
  Credentials,
  Provider,
  Settings,
} from "../description/Provider.ts"
import type { AuthError } from "../error/AuthError.ts"
import * as Address from "../wire/Address.ts"
import { type Checked, type Given, isScope, isString, nameOf, refusal, secretOf } from "./OptionCheck.ts"
import * as OwnOptions from "./OwnOptions.ts"
import * as PrivateNetwork from "./PrivateNetwork.ts"

export type { CredentialsInput } from "../description/Options.ts"

/** For one request, headers and body together, in ms. */
export const defaultDeadline = 15_000

/** Ten minutes: a longer renewal would outlive the token that it renews. */
const longestDeadline = 600_000

/** What a user may write of an address. */
type Where = readonly [address: Address.Input | undefined, prefix: string | undefined]

/** Runs a check. It may meet a getter or a proxy that throws, and what that throws may hold anything. */
const checking = <A>(provider: Provider, check: () => Checked<A>): Checked<A> => {
  try {
    return check()
  } catch {
    return refusal(provider, "options", "Expected a plain object.")
  }
}

/**
 * Checks a user's options for a provider.
 *
 * Fails as `Misconfigured`, naming the field and what to write instead: a wrong address, an empty or missing client id,
 * secret, username, password or scope list, an option that the provider does not have, or a provider whose value is wrong itself.
 */
export const configure = <C extends Capability>(
  provider: Provider<C>,
  options: unknown,
): Result.Result<Configured<C>, AuthError> =>
  checking(provider, () =>
    Result.flatMap(isDescribed(provider), () =>
      check(
        provider,
        options,
        OwnOptions.names(provider),
        OwnOptions.completed,
        // By then it is known to be an object.
        (...where) => PrivateNetwork.resolve(provider, options as Given, ...where),
      ),
    ),
  )

/** The same for a provider that has the standard options alone, and whose value is not checked. */
export const configurePlain = <C extends Capability>(
  provider: Provider<C>,
  options: unknown,
): Result.Result<Configured<C>, AuthError> => checking(provider, () => check(provider, options))

/**
 * Checks the options that every provider may have. The others have `names`, `completed` checks them and adds them to the account, and
 * `resolve` reads an address as they say.
 */
const check = <C extends Capability>(
  provider: Provider<C>,
  options: unknown,
  names: ReadonlyArray<string> = [],
  completed: (account: Account<C>, given: Given) => Checked<Account<C>> = Result.succeed,
  resolve: (...where: Where) => Checked<Address.Address> = (...where) =>
    Address.resolve(provider.id, provider.addresses, ...where),
): Checked<Configured<C>> =>
  Result.gen(function* () {
    const wrong = (field: string, fix: string) => refusal(provider, field, fix)
    if (!isPlain(options)) return yield* wrong("options", `Expected an object with the options of ${provider.name}.`)
    yield* onlyKnown(provider, "", options, namesWith(provider, names))

    const address = yield* resolve(
      yield* optional(provider, options, "address", isAddress, "Expected a host, an origin or a reseller id."),
      yield* optional(provider, options, "prefix", isString, 'Expected a path like "/ns-api".'),
    )
    const settings = yield* settingsOf(provider, options)
    const client = yield* clientOf(provider, options.client)
    const scopes = yield* scopesOf(provider, options.scopes)
    const credentials = yield* credentialsOf(provider, options.credentials)
    const plain: Account<C> = { provider, address, client, scopes, settings }
    const account = yield* completed(plain, options)
    if (options.refreshToken === undefined) return { account, credentials }
    if (credentials !== undefined) {
      return yield* wrong("refreshToken", "Give refreshToken or credentials, not both.")
    }
    const fix = "Expected the refresh token that was obtained; it is never empty. Or leave it out."
    return { account, credentials, refreshToken: yield* secretOf(provider, "refreshToken", options.refreshToken, fix) }
  })

/** The names of the options that a provider takes, in the order in which messages list them. */
export const optionNames = (provider: Provider): ReadonlyArray<string> =>
  namesWith(provider, OwnOptions.names(provider))

const namesWith = (provider: Provider, own: ReadonlyArray<string>): ReadonlyArray<string> => [
  "address",
  ...(provider.addresses.prefixOption ? ["prefix"] : []),
  "client",
  ...(provider.signsInWith === "password" && provider.dialect.grants.Password ? ["credentials"] : []),
  ...(provider.signsInWith === "browser" ? ["user"] : []),
  ...(provider.renewsWith === "refresh_token" ? ["refreshToken"] : []),
  ...(provider.scopes === "none" ? [] : ["scopes"]),
  ...(provider.dialect.refreshMethods.length > 1 ? ["refreshMethod"] : []),
  ...(provider.capabilities.has("passcode" as never) ? ["passcodeRepeatsCredentials"] : []),
  ...own,
  "trailingSlash",
  "deadline",
]

const onlyKnown = (provider: Provider, parent: string, given: Given, known: ReadonlyArray<string>): Checked<void> => {
  const unknown = Object.keys(given).find((key) => given[key] !== undefined && !known.includes(key))
  if (unknown === undefined) return Result.succeed(undefined)
  // A key that is no plain word is not repeated: the user may have put a value where a name belongs.
  const name = /^[A-Za-z][A-Za-z0-9_]{0,31}$/.test(unknown) ? parent + unknown : parent.slice(0, -1) || "options"
  const list = known.map((key) => parent + key).join(", ")
  return refusal(provider, name, `${provider.name} has no such option. It has: ${list}.`)
}

const settingsOf = (provider: Provider, options: Given): Checked<Settings> =>
  Result.gen(function* () {
    const setting = <A>(name: string, is: (u: unknown) => u is A, fix: string) =>
      optional(provider, options, name, is, fix)
    const methods: ReadonlyArray<unknown> = provider.dialect.refreshMethods
    const isMethod = (u: unknown): u is "POST" | "GET" => methods.includes(u)
    const isBoolean = (u: unknown): u is boolean => typeof u === "boolean"
    const isDeadline = (u: unknown): u is number => typeof u === "number" && u >= 1 && u <= longestDeadline
    const yesOrNo = "Expected true or false."
    const trailingSlash = yield* setting("trailingSlash", isBoolean, yesOrNo)
    return {
      refreshMethod:
        (yield* setting("refreshMethod", isMethod, 'Write "POST" or "GET".')) ??
        provider.dialect.refreshMethods[0] ??
        "POST",
      passcodeRepeatsCredentials: (yield* setting("passcodeRepeatsCredentials", isBoolean, yesOrNo)) ?? false,
      basicEncoding: "raw",
      deadline:
        (yield* setting("deadline", isDeadline, `Expected milliseconds from 1 to ${longestDeadline}.`)) ??
        defaultDeadline,
      ...(trailingSlash !== undefined && { trailingSlash }),
    }
  })

const clientOf = (provider: Provider, given: unknown): Checked<Client> =>
  Result.gen(function* () {
    if (given === undefined && provider.clientId !== undefined) return { id: provider.clientId, secret: undefined }
    const names = provider.clientSecret === "none" ? ["id"] : ["id", "secret"]
    if (!isPlain(given)) {
      const fix = `Expected { ${names.join(", ")} }, as issued by the provider's support.`
      return yield* refusal(provider, "client", fix)
    }
    yield* onlyKnown(provider, "client.", given, names)
    const issued = (what: string) => `Expected the client ${what} that the provider issued`
    const id = yield* nameOf(provider, "client.id", given.id, `${issued("id")}.`)
    const secret =
      given.secret === undefined && provider.clientSecret !== "required"
        ? undefined
        : yield* secretOf(provider, "client.secret", given.secret, `${issued("secret")}; it is never empty.`)
    return { id, secret }
  })

const scopesOf = (provider: Provider, given: unknown): Checked<ReadonlyArray<string>> => {
  if (given === undefined && provider.scopes !== "required") {
    return Result.succeed(typeof provider.scopes === "string" ? [] : provider.scopes)
  }
  return Array.isArray(given) && given.length > 0 && given.every(isScope)
    ? Result.succeed([...new Set(given)])
    : refusal(provider, "scopes", `Expected a list of at least one scope, like ["${provider.accessLevels[0]}"].`)
}

/** Checks the credentials that a user gives, in the options or later at sign-in. Fails as `Misconfigured`. */
export const credentialsOf = (provider: Provider, given: unknown): Checked<Credentials | undefined> =>
  Result.gen(function* () {
    if (given === undefined) return undefined
    if (!isPlain(given)) return yield* refusal(provider, "credentials", "Expected { username, password }.")
    yield* onlyKnown(provider, "credentials.", given, ["username", "password"])
    const expected = (what: string) => `Expected the ${what}; it is never empty.`
    return {
      username: yield* nameOf(provider, "credentials.username", given.username, expected("username")),
      password: yield* secretOf(provider, "credentials.password", given.password, expected("password")),
    }
  })

/** An option that may be left out. */
const optional = <A>(
  provider: Provider,
  options: Given,
  name: string,
  is: (u: unknown) => u is A,
  fix: string,
): Checked<A | undefined> => {
  const u = options[name]
  return u === undefined || is(u) ? Result.succeed(u) : refusal(provider, name, fix)
}

const isPlain = (u: unknown): u is Given => isObject(u) && !Array.isArray(u) && !Redacted.isRedacted(u)

const isAddress = (u: unknown): u is Address.Input => isString(u) || (hasProperty(u, "_tag") && u._tag === "Reseller")
