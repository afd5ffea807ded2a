/**
 * Tokens as a session at rest keeps them, and the store in memory with it.
 *
 * A `Redacted` weighs about 110 bytes: an object, and an entry in Effect's table of all secrets. A hundred thousand idle sessions would
 * keep two of them each, and read neither. So the texts are in private fields here, which no print, JSON or copy shows, and the
 * `Redacted` is made for whoever reads it.
 */

import type { Tokens } from "@pbx-auth/providers/Token"
import * as Redacted from "effect/Redacted"

class KeptTokens implements Tokens {
  /** The object's own members, so that a store finds them when it copies or lists the fields. All objects share these two functions. */
  static readonly #secrets = {
    accessToken: {
      enumerable: true,
      get() {
        return Redacted.make(this.#accessToken)
      },
    },
    refreshToken: {
      enumerable: true,
      get() {
        return this.#refreshToken === undefined ? undefined : Redacted.make(this.#refreshToken)
      },
    },
  } satisfies PropertyDescriptorMap & ThisType<KeptTokens>

  readonly #accessToken: string
  readonly #refreshToken: string | undefined
  declare readonly accessToken: Tokens["accessToken"]
  declare readonly refreshToken: Tokens["refreshToken"]
  readonly tokenType: string
  readonly lifetime: number
  readonly refreshLifetime: number | undefined
  readonly scope: string | null
  readonly identity: Tokens["identity"]
  readonly details: Tokens["details"]

  constructor(of: Tokens) {
    this.#accessToken = Redacted.value(of.accessToken)
    this.#refreshToken = of.refreshToken && Redacted.value(of.refreshToken)
    this.tokenType = of.tokenType
    this.lifetime = of.lifetime
    this.refreshLifetime = of.refreshLifetime
    this.scope = of.scope
    this.identity = of.identity
    this.details = of.details
    Object.defineProperties(this, KeptTokens.#secrets)
  }
}

/**
 * The same tokens, lighter. Each read of a secret makes another `Redacted`, equal to the one before.
 *
 * @category constructors
 */
export const of = (tokens: Tokens): Tokens => (tokens instanceof KeptTokens ? tokens : new KeptTokens(tokens))
