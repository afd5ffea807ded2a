/** IPEX: sign-in, renewal, impersonation, and an access without the right to it. */

import * as Provider from "@pbx-auth/providers/Ipex"
import * as BearerHttpClient from "@pbx-auth/session/BearerHttpClient"
import { Ipex } from "@pbx-auth/session/Ipex"
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import { apiAnswer, isLifetime, isSame } from "./Evidence.ts"
import { Stage } from "./Stage.ts"

export const provider = Provider.provider

export const promise = "The access token is valid for 50 minutes."

const access = "api-user@example.test"
const user = "someone@example.test"

const layer = (username: string, password: string) =>
  Layer.unwrap(Effect.map(Stage, ({ origin }) => Ipex.layer({ address: origin, credentials: { username, password } })))

const withTheRight = Effect.gen(function* () {
  const stage = yield* Stage
  const pbx = yield* Ipex
  const api = yield* BearerHttpClient.make(pbx)
  yield* stage.step({ words: "Open a session", brings: ["unauthenticated.idle"] }, stage.watch(pbx))

  const first = yield* stage.step(
    {
      words: `Sign in as ${access}`,
      brings: ["unauthenticated.signing_in", "POST /token password 200 issued", "authenticated"],
    },
    Effect.andThen(pbx.signIn(), pbx.bearer),
  )
  yield* stage.check("good for 50 minutes", yield* isLifetime(first, 3000))

  yield* stage.later("47 minutes", {
    says: "After that time the client needs to obtain a new access token by using refresh_token",
    brings: ["expiring.renewing", "POST /token refresh_token 200 renewed", "refreshed"],
  })
  const second = yield* pbx.bearer
  yield* stage.check("another token", !isSame(first, second))
  yield* stage.check("good for 50 minutes from now", yield* isLifetime(second, 3000))

  const child = yield* stage.step(
    {
      words: `Impersonate ${user}, in a session beside your own`,
      says: "by checking Impersonation, you will get access to all user's API functions and you can impersonate a user",
      brings: ["POST /token-exchange impersonation 200 impersonated", "child: masqueraded.live"],
    },
    Effect.tap(pbx.actAs(user), (child) => stage.watch(child, "child")),
  )
  const asUser = yield* stage.step(
    { words: "Call the API with the user’s token", brings: [`GET /ipbx/* 200 api call as ${user}`] },
    Effect.flatMap(BearerHttpClient.make(child), (api) => apiAnswer(api, stage.origin, "/ipbx/calls")),
  )
  yield* stage.check(`the API takes us for ${user}`, asUser.email === user, String(asUser.email))
  const asItself = yield* stage.step(
    { words: "Call the API with your own token, at the same time", brings: [`GET /ipbx/* 200 api call as ${access}`] },
    apiAnswer(api, stage.origin, "/ipbx/calls"),
  )
  yield* stage.check(`the API takes us for ${access}`, asItself.email === access, String(asItself.email))
}).pipe(Effect.scoped, Effect.provide(layer(access, "ipex-password")))

const withoutTheRight = Effect.gen(function* () {
  const stage = yield* Stage
  const pbx = yield* Ipex
  yield* stage.step(
    {
      words: `Sign in as ${user}, an access without Impersonation`,
      brings: [
        "other: unauthenticated.idle",
        "other: unauthenticated.signing_in",
        "POST /token password 200 issued",
        "other: authenticated",
      ],
    },
    Effect.andThen(stage.watch(pbx, "other"), pbx.signIn()),
  )
  yield* stage.refused(
    {
      words: `Try to impersonate ${access}`,
      says: "The impersonification can be performed by the user who has impersonation enabled in the api access.",
      reason: "NotAllowed",
      brings: [
        "other: masqueraded.starting",
        "POST /token-exchange impersonation 403 refused: not allowed",
        "other: authenticated",
      ],
    },
    pbx.startActing(access),
  )
}).pipe(Effect.scoped, Effect.provide(layer(user, "other-password")))

export const part = Effect.andThen(withTheRight, withoutTheRight)
