/**
 * Sessions for apps without Effect: promises in, strings out, errors thrown as `AuthError`.
 *
 * ```ts
 * import { openSkySwitch } from "@pbx-auth/session/Promises"
 *
 * const pbx = await openSkySwitch({ client, credentials })
 * const token = await pbx.accessToken()
 * await pbx.close()
 * ```
 *
 * A session keeps a timer while it is open, so that it can renew a token before the token dies. Close it, or hold it with `await
 * using`.
 */

// A bundler writes modules in the order in which they are first imported. With Effect, XState and the chart first, our other modules
// stand side by side, and gzip makes 1 kB less of them. These lines run nothing; `npm run sizes` shows what they are worth.
import "effect/Formatter"
import "effect/Effect"
import "./engine/Chart.ts"
import "@pbx-auth/machine/SessionView"
import "./promise/WaitRules.ts"
import "@pbx-auth/providers/SkySwitch"
import "./face/Face.ts"
import "./time/LastChance.ts"
import "@pbx-auth/providers/Acting"
import "./pace/Pauses.ts"
import "@pbx-auth/providers/TokenEndpoint"
import "@pbx-auth/providers/FetchTransport"
import "./record/Unshared.ts"
import "./pace/Setbacks.ts"
import "./pace/Rejections.ts"
import "./pace/SignInPacing.ts"
import "./pace/Throttle.ts"
import "./time/Alarm.ts"
import "./Patience.ts"

import * as Ipex from "@pbx-auth/providers/Ipex"
import * as Landstar from "@pbx-auth/providers/Landstar"
import * as NetSapiens from "@pbx-auth/providers/NetSapiens"
import * as SangomaCx from "@pbx-auth/providers/SangomaCx"
import * as SkySwitch from "@pbx-auth/providers/SkySwitch"
import { type OpenOptions, open } from "./promise/Opening.ts"

export type { PromiseClock } from "./promise/ClockOption.ts"
export type { OpenOptions } from "./promise/Opening.ts"
export type {
  PromiseActing,
  PromiseActingSession,
  PromiseBearerSource,
  PromiseInspecting,
  PromisePasscodeAnswering,
  PromiseSession,
  PromiseSessionOf,
  WaitOptions,
} from "./promise/PromiseSession.ts"

/**
 * Opens a session with SkySwitch. Rejects with `Misconfigured`, naming the field.
 *
 * @category constructors
 */
export const openSkySwitch = (options: SkySwitch.Options, how?: OpenOptions) => open(SkySwitch.configure(options), how)

/**
 * Opens a session with Landstar Telecom. Rejects with `Misconfigured`, naming the field.
 *
 * @category constructors
 */
export const openLandstar = (options: Landstar.Options, how?: OpenOptions) => open(Landstar.configure(options), how)

/**
 * Opens a session with IPEX. Rejects with `Misconfigured`, naming the field.
 *
 * @category constructors
 */
export const openIpex = (options: Ipex.Options, how?: OpenOptions) => open(Ipex.configure(options), how)

/**
 * Opens a session with Sangoma CX. Rejects with `Misconfigured`, naming the field.
 *
 * @category constructors
 */
export const openSangomaCx = (options: SangomaCx.Options, how?: OpenOptions) => open(SangomaCx.configure(options), how)

/**
 * Opens a session with any other operator of NetSapiens. `capabilities` says what the operator offers, and so decides the session's
 * methods. Rejects with `Misconfigured`, naming the field.
 *
 * @category constructors
 */
export const openNetSapiens = <const C extends NetSapiens.Capabilities = NetSapiens.Capabilities>(
  options: NetSapiens.Options<C>,
  how?: OpenOptions,
) => open(NetSapiens.configure(options), how)
