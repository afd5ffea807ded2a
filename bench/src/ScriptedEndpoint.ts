/** A token endpoint without a wire: it answers every grant as SkySwitch's page does, at once or when it is released. */
import sample from "@pbx-auth/emulator/fixtures/skyswitch/password-reply.json" with { type: "json" }
import type { Account } from "@pbx-auth/providers/Provider"
import { TokenEndpoint } from "@pbx-auth/providers/TokenEndpoint"
import * as Deferred from "effect/Deferred"
import * as Effect from "effect/Effect"
import * as Reply from "../../packages/providers/src/reply/Reply.ts"

export interface ScriptedEndpoint {
  readonly service: TokenEndpoint["Service"]
  /** From now on presentations wait, until the returned function is called. */
  readonly hold: () => () => void
  /** Calls the listener at every presentation, before it is answered; a new listener replaces the one before. */
  readonly onPresent: (listener: (account: Account) => void) => void
}

/**
 * Two texts, so that a renewed token differs from the one before. They are short and shared, because the size of tokens is the
 * provider's choice. Everything else of a reply is read again for every session, as it is when it comes by a wire.
 */
const texts = ["a", "b"].map((token) => JSON.stringify({ ...sample.sample, access_token: token, refresh_token: "r" }))

export const make = (): ScriptedEndpoint => {
  let gate: Deferred.Deferred<void> | undefined
  let listen: (account: Account) => void = () => {}
  let presented = 0

  const reply = (account: Account, purpose: Reply.Asked["purpose"]) =>
    Effect.suspend(() => {
      const text = texts[presented++ % texts.length] ?? ""
      return Effect.fromResult(
        Reply.tokenReply(
          { status: 200, headers: {}, text, at: 0 },
          { provider: account.provider, purpose, bearerInHeader: false, secrets: [], now: 0 },
        ),
      )
    })

  return {
    service: TokenEndpoint.of({
      present: (account, grant) =>
        Effect.suspend(() => {
          listen(account)
          const answered = reply(account, grant._tag)
          return gate === undefined ? answered : Effect.andThen(Deferred.await(gate), answered)
        }),
      inspect: () => Effect.die(new Error("nobody asks here")),
      revoke: () => Effect.void,
    }),
    hold: () => {
      const held = Deferred.makeUnsafe<void>()
      gate = held
      return () => {
        gate = undefined
        Deferred.doneUnsafe(held, Effect.void)
      }
    },
    onPresent: (listener) => {
      listen = listener
    },
  }
}
