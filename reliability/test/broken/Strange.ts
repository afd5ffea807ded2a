/** The library with one of its parts broken, for the rows about providers of other people. */
import { fromReason, Unavailable } from "@pbx-auth/providers/AuthError"
import { Sessions } from "@pbx-auth/session/Sessions"
import * as Effect from "effect/Effect"
import * as Result from "effect/Result"
import { changed, type Lab } from "../../src/Lab.ts"
import { configuring, presenting, sound } from "./Changed.ts"

/** By row: what is broken, in words, how, and what the row must say of it. */
export const broken: Readonly<Record<string, readonly [what: string, lab: Lab, says: string]>> = {
  R28: [
    "a refusal that nobody can say",
    presenting((endpoint, account, grant) => Effect.catch(endpoint.present(account, grant), () => Effect.never)),
    "0 calls that hang",
  ],
  R29: [
    "a registry that does not look at what tells tenants apart",
    {
      ...sound,
      sessions: (options) =>
        changed(Sessions, Sessions.layerRuntime(options), (sessions) => ({
          ...sessions,
          session: (given, how) =>
            sessions.session(
              Result.map(Result.isResult(given) ? given : Result.succeed(given), (configured) => ({
                ...configured,
                account: { ...configured.account, identity: undefined },
              })),
              how,
            ),
        })),
    },
    "each tenant has its own token",
  ],
  R30: [
    "a session that hears no slow_down",
    presenting((endpoint, account, grant) =>
      Effect.catch(endpoint.present(account, grant), (error) =>
        error.reason.code === "slow_down"
          ? fromReason(new Unavailable({ provider: account.provider.id, code: "authorization_pending" }))
          : Effect.fail(error),
      ),
    ),
    "never polled sooner than told",
  ],
  R31: [
    "a provider whose earlier names are forgotten",
    configuring(({ account }) => ({ provider: { ...account.provider, formerAccounts: undefined } })),
    "the moved record is found",
  ],
}
