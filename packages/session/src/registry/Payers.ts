/**
 * The payers of a request: the client id, and the subscriber whose token it uses.
 *
 * The budget identifies an account by the object that it returned for it (see `enrol`), and a bearer by the object that holds it.
 * Neither is kept here.
 */

import { identityOf } from "@pbx-auth/providers/AccountIdentity"
import type { Account, RateLimit } from "@pbx-auth/providers/Provider"
import type { TokenReply } from "@pbx-auth/providers/Token"
import * as Effect from "effect/Effect"
import type * as Redacted from "effect/Redacted"
import { nameOf as nameOfPause } from "../pace/Pauses.ts"
import { SubscriberNames } from "./SubscriberNames.ts"

/**
 * The payers whose quotas a request takes from.
 *
 * @category models
 */
export interface Payer {
  readonly client: string
  readonly subscriber: string
  /** The names of the pauses that it respects. */
  readonly paused: { readonly [Per in RateLimit["per"]]: string }
}

/**
 * The name of the partition of a limit that a payer's requests belong to.
 *
 * @category getters
 */
export const partitionOf = (per: RateLimit["per"], { client, subscriber }: Payer): string =>
  per === "client" ? `client:${client}` : `subscriber:${client}:${subscriber}`

/**
 * The payers of one registry.
 *
 * @category models
 */
export class Payers {
  /** Which subscriber each account belongs to, and the names that count for subscribers who signed in under another name. */
  readonly #names = new SubscriberNames()
  /** The subscriber that an acting bearer speaks for. */
  readonly #subjects = new WeakMap<Redacted.Redacted<string>, string>()
  /** The accounts of persons: only the person can sign in. */
  readonly #people = new WeakSet<Account>()
  /** The subjects whose next acting has had its turn already. */
  readonly #prepaid = new Map<Account, Set<string>>()

  /** Returns the account that identifies this subscriber: the same object, unless it already belongs to another subscriber. */
  enrol<A extends Account>(account: A, subscriber: string, isPersons: boolean): A {
    const isAnothers = (this.#names.ownOf(account) ?? subscriber) !== subscriber
    const own = isAnothers ? { ...account } : account
    this.#names.enrol(own, subscriber)
    if (isPersons) this.#people.add(own)
    return own
  }

  /** The subscriber of an enrolled account. */
  subscriberOf(account: Account): string | undefined {
    return this.#names.ownOf(account)
  }

  /** Whether it is the account of a person. */
  isPersons(account: Account): boolean {
    return this.#people.has(account)
  }

  /** The payers of a subscriber's requests. A client id that the vendor issued is one payer, at all of the vendor's hosts. */
  of(account: Account, subscriber: string): Payer {
    const { address, client, provider } = account
    const issuer = provider.clientIdsBy === "address" ? address.origin : provider.id
    const known = this.#names.of(subscriber)
    const paused = { client: nameOfPause(account), subscriber: nameOfPause(account, known) }
    return { client: JSON.stringify([issuer, client.id, ...identityOf(account)]), subscriber: known, paused }
  }

  /** The subscriber that a bearer of an enrolled account speaks for. */
  ofBearer(account: Account, bearer: Redacted.Redacted<string>): string | undefined {
    const own = this.#names.ownOf(account)
    return own === undefined ? undefined : (this.#subjects.get(bearer) ?? own)
  }

  /** Records the subscriber that a reply's token speaks for: `subject` if it is to act with, else the account's own. */
  learn(account: Account, own: string, subject: string | undefined, reply: TokenReply): void {
    if (reply._tag !== "Issued") return
    const { accessToken, identity } = reply.tokens
    if (subject !== undefined) {
      this.#subjects.set(accessToken, subject)
      return
    }
    const extension = own.split("@")[0]
    // Joined, and not made by a template: such a text would keep its pieces.
    const uid = identity.uid ?? (identity.domain && [extension, identity.domain].join("@"))
    if (uid !== undefined) this.#names.learn(account, own, uid)
  }

  /** Runs an effect that presents for `subject` and has had its turn already. */
  prepaid<A, E, R>(account: Account, subject: string, effect: Effect.Effect<A, E, R>): Effect.Effect<A, E, R> {
    return Effect.suspend(() => {
      const subjects = this.#prepaid.get(account) ?? new Set()
      this.#prepaid.set(account, subjects.add(subject))
      return Effect.ensuring(
        effect,
        Effect.sync(() => {
          subjects.delete(subject)
          if (subjects.size === 0) this.#prepaid.delete(account)
        }),
      )
    })
  }

  /** Whether acting for this subject has had its turn. That applies once. */
  takePrepaid(account: Account, subject: string | undefined): boolean {
    return subject !== undefined && this.#prepaid.get(account)?.delete(subject) === true
  }
}
