/**
 * The key ring from the app's configuration. It is a module of its own, so a program that has its keys from elsewhere does not load
 * `effect/Config` for it.
 */

import type { AuthError } from "@pbx-auth/providers/AuthError"
import * as Config from "effect/Config"
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import type * as Redacted from "effect/Redacted"
import { KeyRing, parse } from "./KeyRing.ts"

/**
 * Reads the variable `PBX_AUTH_KEYS`, or another setting that you give: keys with commas between them, the newest first.
 *
 * Fails as `ConfigError` if there is none, and as `AuthError` with the reason `Misconfigured` if one is no key.
 *
 * @category layers
 */
export const layer = (
  keys: Config.Config<Redacted.Redacted<string>> = Config.Redacted("PBX_AUTH_KEYS"),
): Layer.Layer<KeyRing, AuthError | Config.ConfigError> => Layer.effect(KeyRing, Effect.flatMap(keys, parse))
