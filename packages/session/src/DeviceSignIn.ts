/**
 * Signs a person in with a code that is entered at any browser (device authorization, RFC 8628): for a program without a browser of its
 * own, such as a command on a server.
 *
 * **Example** (The code on a terminal)
 *
 * ```ts
 * const signingIn = yield* Effect.forkChild(session.signIn(deviceSignIn()))
 * const { url, userCode } = yield* session.prompt
 * show(Redacted.value(url), Redacted.value(userCode))
 * yield* Fiber.join(signingIn)
 * ```
 */

import * as AuthError from "@pbx-auth/providers/AuthError"
import { type DeviceChallenge, deviceAuthorization } from "@pbx-auth/providers/DeviceAuthorization"
import * as Grant from "@pbx-auth/providers/Grant"
import * as Retry from "@pbx-auth/providers/Retry"
import type { TokenReply } from "@pbx-auth/providers/Token"
import * as Clock from "effect/Clock"
import * as Effect from "effect/Effect"
import { waiting, way } from "./browser/BrowserPrompt.ts"
import type { Allowed, BrowserWay, Signing } from "./browser/BrowserWay.ts"

/** How much longer each `slow_down` makes the interval, in ms (RFC 8628 §3.5). */
const SLOWER = 5_000

/** The longest interval after lost requests, in ms. */
const LONGEST = 60_000

/**
 * The way in. It asks for a code, shows it as the session's prompt, and polls until the person has decided or the code has ended.
 *
 * It polls as RFC 8628 §3.5 says: not sooner than the provider's interval (5 s if it names none), 5 s slower after each `slow_down`,
 * and twice as slow after a request that was lost. A pause that the provider asks for counts too.
 *
 * `signIn` fails as `ChallengeExpired` when the time is over, and as `NotAllowed` when the person or the provider refuses; both have
 * `atBrowser`.
 *
 * @category constructors
 */
export const deviceSignIn = (): BrowserWay =>
  way((signing, show) =>
    Effect.gen(function* () {
      const { account, now, present } = signing
      const startedAt = now()
      const asked = yield* present(deviceAuthorization(account.scopes, account.address.origin))
      if (asked._tag !== "Challenged" || !("userCode" in asked.challenge)) {
        return yield* AuthError.fromReason(new AuthError.Unreadable({ provider: account.provider.id }))
      }
      const challenge = asked.challenge as DeviceChallenge
      const { completeUrl, lifetime, url, userCode } = challenge
      const until = startedAt + lifetime
      yield* show({ kind: "device", until, url, userCode, completeUrl })
      return yield* polled(signing, challenge, until)
    }),
  )

const polled = (signing: Signing, { interval, token }: DeviceChallenge, until: number) =>
  Effect.gen(function* () {
    const { account, now, present } = signing
    const grant = Grant.deviceCode(token)
    let pause = interval
    let earliest = 0
    while (true) {
      const wall = yield* Clock.currentTimeMillis
      yield* waiting(signing, Effect.sleep(Math.min(Math.max(pause, earliest - wall), Math.max(0, until - now()))))
      const startedAt = now()
      if (startedAt >= until) {
        return yield* AuthError.fromReason(
          new AuthError.ChallengeExpired({ provider: account.provider.id, atBrowser: true }),
        )
      }
      const reply: TokenReply | AuthError.AuthError = yield* Effect.catch(present(grant), Effect.succeed)
      if (reply._tag !== "AuthError") return { startedAt, reply } satisfies Allowed
      const { code } = reply.reason
      earliest = reply.retryAt ?? 0
      if (code === "slow_down") pause += SLOWER
      else if (code !== "authorization_pending") {
        if (!mayPass(reply)) return yield* reply
        pause = Math.max(pause, Math.min(2 * pause, LONGEST))
      }
    }
  })

/** Whether another poll may bring the reply. A poll whose reply was lost may have brought the token; then the next one is refused. */
const mayPass = (error: AuthError.AuthError): boolean =>
  error.reason._tag === "OutcomeUnknown" ||
  (Retry.isRepeatable(error) && !(error.reason._tag === "Unavailable" && error.reason.garbled === true))
