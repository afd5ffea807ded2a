/**
 * A token endpoint whose requests take from a budget, if their account is enrolled.
 */

import type { AuthError } from "@pbx-auth/providers/AuthError"
import type { Account } from "@pbx-auth/providers/Provider"
import type { TokenEndpoint } from "@pbx-auth/providers/TokenEndpoint"
import * as Effect from "effect/Effect"
import * as Holds from "./Holds.ts"
import type { Payer } from "./Payers.ts"
import type { RateBudget } from "./RateBudget.ts"

type Asking<A> = Effect.Effect<A, AuthError>

/** Runs a request in its turn, and records what the provider says in a refusal. */
const charged = <A>(
  budget: RateBudget,
  account: Account,
  subscriber: string,
  request: Asking<A>,
  turn: (who: Payer) => Asking<void>,
): Asking<A> =>
  Effect.suspend(() => {
    const who = budget.payers.of(account, subscriber)
    const heeded = Effect.tapError(request, (error) =>
      Effect.sync(() => Holds.heed(budget.pauses, error, who, account)),
    )
    return Effect.andThen(turn(who), heeded)
  })

/**
 * @category constructors
 */
export const make = (budget: RateBudget, base: TokenEndpoint["Service"]): TokenEndpoint["Service"] => ({
  present: (account, grant) => {
    const { payers } = budget
    const own = payers.subscriberOf(account)
    const request = base.present(account, grant)
    if (own === undefined) return request
    const subject = grant._tag === "ActAs" ? grant.subject : undefined
    return charged(budget, account, own, request, (who) =>
      payers.takePrepaid(account, subject)
        ? Effect.void
        : budget.tokenTurn(account, who, JSON.stringify([own, subject])),
    ).pipe(Effect.tap((reply) => Effect.sync(() => payers.learn(account, own, subject, reply))))
  },
  inspect: (account, bearer) => {
    const payer = budget.payers.ofBearer(account, bearer)
    const request = base.inspect(account, bearer)
    return payer === undefined ? request : charged(budget, account, payer, request, (who) => budget.turn(account, who))
  },
  revoke: (account, bearer) => {
    const payer = budget.payers.ofBearer(account, bearer)
    const request = base.revoke(account, bearer)
    return payer === undefined
      ? request
      : charged(budget, account, payer, request, (who) => budget.unhurriedTurn(account, who))
  },
})
