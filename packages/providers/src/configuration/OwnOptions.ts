/**
 * What `configure` checks of the options for a provider that may declare its own: those, and the name of a user who signs in at a
 * browser.
 */
import * as Redacted from "effect/Redacted"
import * as Result from "effect/Result"
import type { OptionField } from "../description/Options.ts"
import type { Account, Capability, Provider } from "../description/Provider.ts"
import { type Checked, type Given, isText, isWhole, nameOf, refusal, secretOf } from "./OptionCheck.ts"

/** The names of the options that only such a provider may have. */
export const names = ({ addresses, clientAuthentication, options }: Provider): ReadonlyArray<string> => [
  ...(clientAuthentication === "basic" ? ["basicEncoding"] : []),
  ...Object.keys(options ?? {}),
  ...(addresses.plainHttpOption === true ? ["plainHttp"] : []),
]

/** Nobody knows who will sign in at the browser. Without a name, two people would share a record, and one would get the other's token. */
const userFix = "Expected a name of yours for this user. Two users must not have the same."

/** The account with the values of the options that its provider declares, and with what tells it apart and may be shown. */
export const completed = <C extends Capability>(account: Account<C>, given: Given): Checked<Account<C>> =>
  Result.gen(function* () {
    const { client, provider, settings } = account
    const options: Record<string, string | Redacted.Redacted<string>> = {}
    const identity: Record<string, string> = {}
    const { basicEncoding = "raw" } = given
    if (basicEncoding !== "raw" && basicEncoding !== "form") {
      return yield* refusal(provider, "basicEncoding", 'Write "raw" or "form".')
    }
    if (provider.clientAuthentication === "basic" && basicEncoding === "raw" && client.id.includes(":")) {
      return yield* refusal(
        provider,
        "client.id",
        'A client id with a colon needs basicEncoding: "form" (RFC 7617 §2).',
      )
    }
    const isAtBrowser = provider.signsInWith === "browser"
    if (isAtBrowser && !isText(given.user)) return yield* refusal(provider, "user", userFix)
    for (const [name, field] of Object.entries(provider.options ?? {})) {
      const raw = given[name] === undefined ? field.default : given[name]
      if (raw === undefined && field.optional === true) continue
      const value = yield* ownOption(provider, name, field, raw)
      options[name] = value
      if (field.identifies && typeof value === "string" && value !== field.default) identity[name] = value
    }
    if (isAtBrowser) identity.user = given.user as string
    return {
      ...account,
      settings: { ...settings, basicEncoding },
      ...(provider.options !== undefined && { options }),
      ...(Object.keys(identity).length > 0 && { identity }),
    }
  })

/**
 * The secrets among the options that tell the account apart, where they are not the default, in clear. Only a fingerprint, or a name that
 * stays in this process, may be made of them.
 */
export const secrets = ({ options, provider }: Account): ReadonlyArray<readonly [name: string, value: string]> =>
  Object.entries(provider.options ?? {}).flatMap(([name, field]) => {
    const value = options?.[name]
    const text = field.identifies && Redacted.isRedacted(value) ? Redacted.value(value) : field.default
    return text === field.default || text === undefined ? [] : [[name, text] as const]
  })

const ownOption = (
  provider: Provider,
  name: string,
  { doc, example, pattern, secret, title }: OptionField,
  raw: unknown,
): Checked<string | Redacted.Redacted<string>> => {
  const otherwise = `Expected the ${title}${example === undefined ? "" : `, like ${example}`}. ${doc}`
  const check: (...option: Parameters<typeof nameOf>) => Checked<string | Redacted.Redacted<string>> =
    secret === true ? secretOf : nameOf
  return Result.flatMap(check(provider, name, raw, otherwise), (value) => {
    const text = typeof value === "string" ? value : Redacted.value(value)
    return isWhole(pattern, text) ? Result.succeed(value) : refusal(provider, name, otherwise)
  })
}
