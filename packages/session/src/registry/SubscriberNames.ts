/**
 * The name under which a subscriber is counted. The provider names a user who signed in as `111@abc-company`
 * `111@abc-company.12345.service`, and another account may act for that user.
 *
 * The provider chooses the names. So each account has one at a time, and the names of accounts that are gone are removed.
 */

import type { Account } from "@pbx-auth/providers/Provider"
import { Sweep } from "../time/Sweep.ts"

/** When so many names are kept, unused ones are dropped. */
const SWEEP = 1_024

/**
 * An account, as long as there is one: the subscriber that it belongs to, and the provider's name for that user. It is one object, because
 * each account has one.
 */
class Named extends WeakRef<Account> {
  readonly own: string
  uid: string | undefined

  constructor(account: Account, own: string) {
    super(account)
    this.own = own
    this.uid = undefined
  }
}

/**
 * @category models
 */
export class SubscriberNames {
  readonly #accounts = new WeakMap<Account, Named>()
  /** By the provider's names. */
  readonly #names = new Map<string, Named>()
  readonly #sweep = new Sweep(SWEEP)

  /** How many of the provider's names are kept. */
  get size(): number {
    return this.#names.size
  }

  /** The name that pays for a subscriber. */
  of(subscriber: string): string {
    return this.#names.get(subscriber)?.own ?? subscriber
  }

  /** The subscriber that an account belongs to. */
  ownOf(account: Account): string | undefined {
    return this.#accounts.get(account)?.own
  }

  /** The account belongs to the subscriber `own`. */
  enrol(account: Account, own: string): void {
    if (!this.#accounts.has(account)) this.#accounts.set(account, new Named(account, own))
  }

  /** The provider calls the account `uid`, which is counted as `own`. An account that has that name already keeps it. */
  learn(account: Account, own: string, uid: string): void {
    this.enrol(account, own)
    const named = this.#accounts.get(account)
    if (named === undefined || named.uid === uid) return
    if (named.uid !== undefined) this.#names.delete(named.uid)
    named.uid = undefined
    if (uid === named.own || this.#names.get(uid)?.deref() !== undefined) return
    this.#sweep.before(this.#names, (one) => one.deref() === undefined)
    this.#names.set(uid, named)
    named.uid = uid
  }
}
