/** Sessions with SkySwitch whose provider is a script. */
import * as SkySwitch from "@pbx-auth/providers/SkySwitch"
import { TokenEndpoint } from "@pbx-auth/providers/TokenEndpoint"
import { SessionRuntime } from "@pbx-auth/session/SessionRuntime"
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import * as Result from "effect/Result"
import type { ScriptedEndpoint } from "./ScriptedEndpoint.ts"

/** What a user writes. */
export const options = (username: string, client = "client"): SkySwitch.Options => ({
  client: { id: client, secret: "client-secret" },
  credentials: { username, password: "password" },
})

/** An account of its own. */
export const configured = (username: string, client?: string) =>
  Result.getOrThrow(SkySwitch.configure(options(username, client)))

/** What its sessions share, with the clock of the context. */
export const runtime = ({ service }: ScriptedEndpoint) =>
  Layer.build(SessionRuntime.layer.pipe(Layer.provide(Layer.succeed(TokenEndpoint, service)))).pipe(
    Effect.flatMap((context) => Effect.provideContext(SessionRuntime, context)),
  )
