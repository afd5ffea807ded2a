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

/** An account, as long as there is one, and the name that it is counted under. One object, because there is one for each account. */
class Named extends WeakRef<Account> {
  readonly own: string

  constructor(account: Account, own: string) {
    super(account)
    this.own = own
  }
}

/**
 * @category models
 */
export class SubscriberNames {
  readonly #names = new Map<string, Named>()
  readonly #latest = new WeakMap<Account, string>()
  readonly #sweep = new Sweep(SWEEP)

  /** How many names are kept. */
  get size(): number {
    return this.#names.size
  }

  /** The name that pays for a subscriber. */
  of(subscriber: string): string {
    return this.#names.get(subscriber)?.own ?? subscriber
  }

  /** The provider calls the account `uid`, which is counted as `own`. An account that has that name already keeps it. */
  learn(account: Account, own: string, uid: string): void {
    const before = this.#latest.get(account)
    if (before === uid) return
    if (before !== undefined) this.#names.delete(before)
    this.#latest.delete(account)
    if (uid === own || this.#names.get(uid)?.deref() !== undefined) return
    this.#sweep.before(this.#names, (one) => one.deref() === undefined)
    this.#names.set(uid, new Named(account, own))
    this.#latest.set(account, uid)
  }
}
