/** Signs a person in at a browser: with a code, or with a page that comes back to this machine. No terminal is needed. */

import type { AuthError } from "@pbx-auth/providers/AuthError"
import type { Provider } from "@pbx-auth/providers/Provider"
import { deviceSignIn } from "@pbx-auth/session/DeviceSignIn"
import { redirectSignIn } from "@pbx-auth/session/RedirectSignIn"
import * as Console from "effect/Console"
import * as Effect from "effect/Effect"
import * as Fiber from "effect/Fiber"
import { type AnySession, cannot } from "../provider/ProviderChoice.ts"
import * as ProviderEntry from "../provider/ProviderEntry.ts"
import * as Printable from "../shell/Printable.ts"
import * as BrowserEvent from "./BrowserEvent.ts"
import * as BrowserLauncher from "./BrowserLauncher.ts"
import * as LoopbackReceiver from "./LoopbackReceiver.ts"

/**
 * How a person wants to sign in.
 *
 * @category models
 */
export interface Wish {
  readonly device?: boolean | undefined
  readonly browser?: boolean | undefined
  /** Whether this command may open the browser. */
  readonly open?: boolean | undefined
  readonly json?: boolean | undefined
}

/** A code works at any browser, also where this command runs on another machine than the person's. */
const wayOf = (provider: Provider, { browser, device }: Wish) =>
  browser !== true && (device === true || ProviderEntry.of(provider).givesDeviceCodes === true)
    ? deviceSignIn()
    : redirectSignIn(LoopbackReceiver.open)

/**
 * Tells the person what to do, and waits until that is done, refused, or too late. Fails as the sign-in does.
 *
 * @category running
 */
export const run = (session: AnySession, provider: Provider, wish: Wish): Effect.Effect<void, AuthError> =>
  Effect.gen(function* () {
    const { prompt } = session
    if (prompt === undefined) return yield* cannot
    const signingIn = yield* Effect.forkChild(session.signIn(wayOf(provider, wish)), { startImmediately: true })
    const event = BrowserEvent.of(yield* prompt)
    const isJson = wish.json === true
    yield* Console.error(isJson ? Printable.json(event) : BrowserEvent.inWords(event))
    if (wish.open === true) {
      const problem = yield* BrowserLauncher.open(event.complete_url ?? event.url)
      if (problem !== undefined && !isJson) yield* Console.error(`No browser could be opened (${problem}).`)
    }
    yield* Fiber.join(signingIn)
  })
