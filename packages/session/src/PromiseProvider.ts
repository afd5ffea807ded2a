/**
 * Opens a session of any provider, such as one of your own, for apps without Effect.
 *
 * ```ts
 * import { open } from "@pbx-auth/session/PromiseProvider"
 *
 * await using pbx = await open(acme, { tenant: "north", client: { id: "app" } })
 * const token = await pbx.accessToken()
 * ```
 */

import type { Defined } from "@pbx-auth/providers/Definition"
import type { Capability } from "@pbx-auth/providers/Provider"
import { configured } from "./face/GivenProvider.ts"
import { type OpenOptions, open as openConfigured } from "./promise/Opening.ts"
import type { PromiseSessionOf } from "./promise/PromiseSession.ts"

/**
 * Opens a session with a provider of `defineProvider`. The options, and the methods of the session, follow from the provider's value.
 * Rejects with `Misconfigured`, naming the field.
 *
 * @category constructors
 */
export const open = <C extends Capability, O>(
  provider: Pick<Defined<C, O>, "configure">,
  options: O,
  how?: OpenOptions,
): Promise<PromiseSessionOf<C>> =>
  openConfigured(
    configured(() => provider.configure(options)),
    how,
  )
