/** What tells an account from others at the same address with the same client. */

/** The parts of an account that are read here. */
interface Told {
  readonly identity?: Readonly<Record<string, string>> | undefined
  readonly provider: {
    readonly ownGrammar?:
      | { readonly secrets: (account: never) => ReadonlyArray<readonly [name: string, value: string]> }
      | undefined
  }
}

/**
 * What may be shown of it (`Account.identity`), in the order of its names; nothing for most accounts. It stands in names that other
 * processes see.
 *
 * @category getters
 */
export const identityOf = ({
  identity = {},
}: Pick<Told, "identity">): ReadonlyArray<readonly [name: string, value: string]> => Object.entries(identity).sort()

/**
 * The same, with the secret options that tell the account apart, in clear. Make only a fingerprint of it, or a name that stays in this
 * process.
 *
 * @category getters
 */
export const apartOf = (account: Told): ReadonlyArray<readonly [name: string, value: string]> =>
  [...Object.entries({ ...account.identity }), ...(account.provider.ownGrammar?.secrets(account as never) ?? [])].sort()
