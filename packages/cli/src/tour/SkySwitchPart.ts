/** SkySwitch: all six states, with a second factor, inspection, renewal and masquerading. */

import * as Provider from "@pbx-auth/providers/SkySwitch"
import * as BearerHttpClient from "@pbx-auth/session/BearerHttpClient"
import { SkySwitch } from "@pbx-auth/session/SkySwitch"
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import * as Redacted from "effect/Redacted"
import { apiAnswer, isLifetime, isSame } from "./Evidence.ts"
import { Stage } from "./Stage.ts"

export const provider = Provider.provider

export const promise = "A higher-scoped user may masquerade as a lower-scoped user."

const subject = "1001@acmecorp.12345.service"

const layer = Layer.unwrap(
  Effect.map(Stage, ({ origin }) =>
    SkySwitch.layer({ address: origin, client: { id: "your-client-id", secret: "your-client-secret" } }),
  ),
)

export const part = Effect.gen(function* () {
  const stage = yield* Stage
  const pbx = yield* SkySwitch
  const api = yield* BearerHttpClient.make(pbx)
  yield* stage.step({ words: "Open a session", brings: ["unauthenticated.idle"] }, stage.watch(pbx))

  yield* stage.step(
    {
      words: "Sign in as 222@abc-company with a password",
      brings: [
        "unauthenticated.signing_in",
        "POST /ns-api/oauth2/token/ password 200 challenged",
        "mfa_required.awaiting_passcode",
      ],
    },
    pbx.signIn({ username: "222@abc-company", password: Redacted.make("5678") }),
  )
  yield* stage.refused(
    { words: "Ask for a token anyway: the one in the 200 is not usable", reason: "PasscodeRequired", brings: [] },
    pbx.accessToken,
  )
  yield* stage.refused(
    {
      words: "Answer with a wrong passcode",
      reason: "BadPasscode",
      brings: [
        "mfa_required.verifying",
        "POST /ns-api/oauth2/token/ mfa 400 refused: bad passcode",
        "mfa_required.awaiting_passcode",
      ],
    },
    pbx.submitPasscode(Redacted.make("000000")),
  )
  yield* stage.step(
    {
      words: "Answer with the right one",
      says: "You do not need to send the username or password again.",
      brings: ["mfa_required.verifying", "POST /ns-api/oauth2/token/ mfa 200 issued", "authenticated"],
    },
    pbx.submitPasscode(Redacted.make("246802")),
  )
  const first = yield* pbx.bearer
  yield* stage.check("scope Reseller", first.scope === "Reseller", String(first.scope))
  yield* stage.check("good for 3600 s", yield* isLifetime(first, 3600))

  const known = yield* stage.step(
    {
      words: "Ask what the token is",
      says: "It can be used to retrieve the territory (Reseller ID), domain and the expiration among other information.",
      brings: ["GET /ns-api/oauth2/read 200 inspected"],
    },
    pbx.inspect,
  )
  yield* stage.check("territory 12345", known.territory === "12345", known.territory)
  yield* stage.check("domain abc-company.12345.service", known.domain === "abc-company.12345.service", known.domain)

  const { expires } = known
  yield* stage.check(
    "an expiration, in a time zone that no page names",
    /^[\d-]{10} [\d:]{8}$/.test(expires ?? ""),
    expires,
  )

  yield* stage.later("57 minutes", {
    says: "An expiring token can be refreshed to get a new access token without the need for the username and password to be resubmitted.",
    brings: ["expiring.renewing", "POST /ns-api/oauth2/token/ refresh_token 200 renewed", "refreshed"],
  })
  const second = yield* pbx.bearer
  yield* stage.check("another token, and no password was sent", !isSame(first, second))
  yield* stage.check("good for 3600 s from now", yield* isLifetime(second, 3600))

  yield* stage.step(
    {
      words: `Masquerade as ${subject}`,
      says: "Masquerading entails a higher-scoped user to get a token of a lower-scoped user without the need to use the latter’s password.",
      brings: ["masqueraded.starting", "POST /ns-api/oauth2/token/ masquerade 200 masqueraded", "masqueraded.live"],
    },
    pbx.startActing(subject),
  )
  const acting = yield* pbx.bearer
  yield* stage.check("scope Basic User", acting.scope === "Basic User", String(acting.scope))
  yield* stage.check("a token of its own", !isSame(second, acting))
  const asSubject = yield* stage.step(
    { words: "Call the API", brings: [`GET /ns-api/ 200 api call as ${subject}`] },
    apiAnswer(api, stage.origin, "/ns-api/"),
  )
  yield* stage.check(`the API takes us for ${subject}`, asSubject.uid === subject, String(asSubject.uid))

  yield* stage.step({ words: "Stop masquerading", brings: ["refreshed"] }, pbx.stopActing)
  yield* stage.check("the reseller’s own token is back, the one from the renewal", isSame(second, yield* pbx.bearer))

  yield* stage.step(
    { words: "Sign out", brings: ["unauthenticated.idle", "POST /ns-api/oauth2/revoke 200 revoked"] },
    pbx.signOut,
  )
  yield* stage.refused({ words: "Ask for a token once more", reason: "SignedOut", brings: [] }, pbx.accessToken)
}).pipe(Effect.provide(layer))
