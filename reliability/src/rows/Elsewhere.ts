/** A vendor that no package knows, and the library over a network of the row's own. */
import * as SteerableClock from "@pbx-auth/emulator/SteerableClock"
import { defineProvider } from "@pbx-auth/providers/Definition"
import { SessionRuntime } from "@pbx-auth/session/SessionRuntime"
import { Sessions } from "@pbx-auth/session/Sessions"
import * as TokenStore from "@pbx-auth/session/TokenStore"
import * as Clock from "effect/Clock"
import * as Context from "effect/Context"
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import * as Logger from "effect/Logger"
import type { Fetch, Lab } from "../Lab.ts"

/** Somebody's own provider, whose tenants differ in nothing but their name. */
export const acme = defineProvider({
  id: "acme-voice",
  name: "Acme Voice",
  page: "https://acme.example/tokens",
  options: {
    tenant: { title: "Tenant", doc: "The name before .acme.example.", example: "north", identifies: true },
  },
  addresses: { standard: "https://api.acme.example" },
  clientAuthentication: "none",
  clientSecret: "none",
  clientId: "acme-app",
  signsInWith: "password",
  renewsWith: "refresh_token",
  rotation: "strict",
  defaultLifetime: 3_600_000,
  codes: ["ACME-1017"],
  grants: {
    Password: ({ password, username }, { options }) => ({
      method: "POST",
      path: "/token",
      encoding: "form",
      fields: [
        ["tenant", options.tenant],
        ["username", username],
        ["password", password],
      ],
    }),
    RefreshToken: ({ refreshToken }) => ({
      method: "POST",
      path: "/token",
      encoding: "form",
      fields: [["refresh_token", refreshToken]],
    }),
  },
})

/** A process with a store. Its vendor answers as `fetch` does, and its time is that of `clock`. */
export const process = Effect.fnUntraced(function* (
  lab: Lab,
  fetch: Fetch,
  { clock, store }: { readonly clock?: Clock.Clock; readonly store?: TokenStore.TokenStore["Service"] } = {},
) {
  const kept = store ?? (yield* TokenStore.makeMemory)
  const building = Layer.build(
    lab
      .sessions({})
      .pipe(
        Layer.provideMerge(Layer.fresh(lab.runtime)),
        Layer.provide(Layer.fresh(lab.endpoint)),
        Layer.provide(Layer.fresh(lab.http(fetch))),
        Layer.provide(Layer.succeed(TokenStore.TokenStore, kept)),
        Layer.provide(Logger.layer([])),
      ),
  )
  // Pauses belong to a clock, and one row's must not hold another row.
  const context = yield* Effect.provideService(building, Clock.Clock, clock ?? (yield* SteerableClock.make()))
  return {
    open: (configured: Parameters<Lab["open"]>[0]) =>
      Effect.provideService(lab.open(configured), SessionRuntime, Context.get(context, SessionRuntime)),
    sessions: Context.get(context, Sessions),
    store: kept,
  }
})
