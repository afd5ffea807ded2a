/**
 * Presents grants to a token endpoint, asks it about tokens, and revokes them.
 *
 * A request is sent once. There is no retry, no redirect is followed, and one deadline covers headers and body. So the caller knows
 * what was sent, and repeats it only if the error's remedy says so (see `Retry`).
 */
import * as Context from "effect/Context"
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import { isObjectOrArray } from "effect/Predicate"
import * as Redacted from "effect/Redacted"
import type * as Result from "effect/Result"
import { type Account, grantRequest, idOf, inspectionRequest, revocationRequest } from "../description/Provider.ts"
import {
  type AuthError,
  fromReason,
  type GrantTag,
  Misconfigured,
  OutcomeUnknown,
  Unavailable,
  Unreadable,
} from "../error/AuthError.ts"
import type { Purpose } from "../refusal/Refusal.ts"
import * as Reply from "../reply/Reply.ts"
import type { Grant } from "../token/Grant.ts"
import type { Inspection, TokenReply } from "../token/Token.ts"
import { within } from "../wire/Deadline.ts"
import { classOf } from "../wire/Mistake.ts"
import { Phase } from "../wire/Phase.ts"
import type { TokenRequest } from "../wire/TokenRequest.ts"
import { Transport } from "../wire/Transport.ts"
import type { Fault, WireReply } from "../wire/Wire.ts"
import { write } from "../wire/WireForm.ts"
import * as Telemetry from "./Telemetry.ts"

/**
 * Secrets of a caller that are not in its request. Errors and replies do not repeat them either. A session provides its password and
 * its tokens here.
 */
export const KnownSecrets = Context.Reference<ReadonlyArray<Redacted.Redacted<string>>>(
  "@pbx-auth/providers/KnownSecrets",
  { defaultValue: () => [] },
)

/**
 * Presents grants, asks about tokens and revokes them, at the provider of the given account.
 *
 * **Details**
 *
 * Fails only with `AuthError`, which holds no secret of the request or of the reply:
 *
 * - a request that was certainly not sent, as when there was no connection: `Unavailable`
 * - a request that may have been received but brought no complete reply (deadline, reset, cut body): `OutcomeUnknown` for a grant,
 *   `Unavailable` for a question or a revocation, which may be repeated
 * - a body beyond 64 KiB is not read further: after a 2xx that is `Unreadable`, or an outage if it is a page (`Unavailable`)
 * - a redirect: `Misconfigured`
 * - a mistake in the code of the app's own `fetch` or `HttpClient`: `Misconfigured`, which names the class of what it threw
 * - any other reply: see `Reply` and `Refusal`
 */
export class TokenEndpoint extends /* @__PURE__ */ Context.Service<
  TokenEndpoint,
  {
    /** Presents a grant, once. */
    present(account: Account, grant: Grant): Effect.Effect<TokenReply, AuthError>
    /** Asks what the provider knows about a token. */
    inspect(account: Account, bearer: Redacted.Redacted<string>): Effect.Effect<Inspection, AuthError>
    /** Revokes a token. */
    revoke(account: Account, bearer: Redacted.Redacted<string>): Effect.Effect<void, AuthError>
  }
>()("@pbx-auth/providers/TokenEndpoint") {
  /**
   * Uses the transport that is provided: `HttpClientTransport.layer` or `FetchTransport.layer`. Built again for each layer that it is
   * provided to, because they may have different transports.
   */
  // Without a type of its own: TypeScript drops the mark from a static member that has one, and then every bundle carries layers.
  static readonly layer = /* @__PURE__ */ Layer.fresh(
    /* @__PURE__ */ Layer.effect(
      TokenEndpoint,
      /* @__PURE__ */ Effect.map(Transport, (transport) => make(transport, Telemetry.ofEffect)),
    ),
  )
}

/** Makes an endpoint of a transport. */
export const make = (transport: Transport["Service"], telemetry: Telemetry.Telemetry): TokenEndpoint["Service"] => {
  const ask = <A>(
    account: Account,
    purpose: Purpose,
    request: () => Result.Result<TokenRequest, AuthError>,
    decode: (reply: Reply.Reply, asked: Reply.Asked) => Result.Result<A, AuthError>,
  ): Effect.Effect<A, AuthError> => {
    const asking = (replied: (status: number) => void) =>
      Effect.clockWith((clock) =>
        Effect.gen(function* () {
          const what = yield* Effect.fromResult(request())
          const now = clock.currentTimeMillisUnsafe()
          const reply = {
            ...(yield* exchange(transport, account, purpose, what)),
            at: clock.currentTimeMillisUnsafe(),
          }
          replied(reply.status)
          const asked = {
            provider: account.provider,
            purpose,
            bearerInHeader: what.authorization?._tag === "Bearer",
            url: account.address.origin + account.address.prefix + what.path,
            secrets: [...secretsOf(account, what), ...(yield* KnownSecrets)],
            now,
          }
          return yield* Effect.fromResult(
            account.provider.ownGrammar?.read(decode, reply, asked, what) ?? decode(reply, asked),
          )
        }),
      ).pipe(
        Effect.mapError((error) => named(account, error)),
        // A mistake of this library, or of the provider's value. What was thrown may hold a secret, so only its class goes on.
        Effect.catchDefect((thrown) =>
          Effect.fail(fromReason(new Unreadable({ provider: id, threw: classOf(thrown) }))),
        ),
      )
    const { address, provider } = account
    const id = idOf(provider)
    return telemetry.request({ provider: id, purpose, origin: address.origin }, asking)
  }

  return {
    present: (account, grant) =>
      ask(
        account,
        grant._tag,
        () => grantRequest(account, grant),
        (reply, asked) => Reply.tokenReply(reply, asked, "read" in grant ? grant.read : undefined),
      ),
    inspect: (account, bearer) => ask(account, "inspect", () => inspectionRequest(account, bearer), Reply.inspection),
    revoke: (account, bearer) => ask(account, "revoke", () => revocationRequest(account, bearer), Reply.revocation),
  }
}

/** Sends a request and reads its whole reply, within the account's deadline. */
const exchange = (
  { client, ends, send }: Transport["Service"],
  account: Account,
  purpose: Purpose,
  request: TokenRequest,
): Effect.Effect<WireReply, AuthError> => {
  const provider = account.provider.id
  const failed = (fault: Fault): AuthError => {
    switch (fault._tag) {
      case "NotSent":
        return fromReason(new Unavailable({ provider, unreachable: fault.unreachable, failed: fault.failed }))
      case "Lost":
        return fromReason(
          isGrant(purpose)
            ? new OutcomeUnknown({ provider, grant: purpose, interim: fault.interim })
            : new Unavailable({ provider, failed: fault.failed }),
        )
      case "Mistake": {
        const { did, unsent } = fault
        const fix = `It ${did}${unsent ? " before anything was sent" : ""}. That is a mistake in its code and no broken connection. Mend it, or use another one.`
        return fromReason(new Misconfigured({ provider, field: client, fix, ...(!unsent && { outcomeUnknown: true }) }))
      }
    }
  }

  return Effect.suspend(() => {
    const wire = (account.provider.ownGrammar?.write ?? write)(account.address, request)
    const phase = new Phase(wire)
    return within(
      account.settings.deadline,
      () => failed(phase.late(ends)),
      Effect.mapError(send(wire, phase), failed),
    ).pipe(Effect.ensuring(Effect.sync(() => phase.end())))
  })
}

/** The host that did not answer, in an error about nothing else. */
const named = ({ address }: Account, error: AuthError): AuthError =>
  error.reason._tag === "Unavailable"
    ? fromReason(new Unavailable({ ...error.reason, host: new URL(address.origin).host }))
    : error

const isGrant = (purpose: Purpose): purpose is GrantTag => purpose !== "inspect" && purpose !== "revoke"

/** The secrets in a part of a request. */
const secretsIn = (part: unknown): ReadonlyArray<Redacted.Redacted<string>> => {
  if (Redacted.isRedacted(part)) return [part as Redacted.Redacted<string>]
  return isObjectOrArray(part) ? Object.values(part).flatMap(secretsIn) : []
}

const secretsOf = (
  { client, options }: Account,
  { authorization, body, fields, headers }: TokenRequest,
): ReadonlyArray<Redacted.Redacted<string>> =>
  // An option may be only a part of what is sent: `Key …` in a header.
  secretsIn([client.secret, options, fields, body, headers, authorization])
