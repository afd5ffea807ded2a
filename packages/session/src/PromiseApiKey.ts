/**
 * A static API key of NetSapiens as a session, for apps without Effect (see `ApiKey`).
 *
 * ```ts
 * import { openApiKey } from "@pbx-auth/session/PromiseApiKey"
 *
 * await using pbx = await openApiKey({ address, apiKey })
 * const token = await pbx.accessToken()
 * ```
 */

import * as Effect from "effect/Effect"
import * as ApiKey from "./ApiKey.ts"
import * as Validation from "./options/Validation.ts"
import { type OpenOptions, openOn } from "./promise/Opening.ts"
import { run } from "./promise/PromiseFace.ts"
import * as PromiseRuntime from "./promise/PromiseRuntime.ts"
import type { PromiseSession } from "./promise/PromiseSession.ts"

const optionRules: Validation.Fields<ApiKey.Options> = {
  // The address and the key are checked where they are used.
  address: [() => true, ""],
  apiKey: [() => true, ""],
}

/**
 * Opens the session of a key. It sends nothing and never renews. A 401 of an API ends it: from then on it rejects with
 * `Misconfigured`, because only another key can help.
 *
 * Rejects with `Misconfigured`, naming the field, if the text is no key, or the address is wrong.
 *
 * @category constructors
 */
export const openApiKey = async (
  options: ApiKey.Options,
  how?: Pick<OpenOptions, "clock" | "inspect">,
): Promise<PromiseSession> => {
  if (!Validation.isObject(options)) throw Validation.wrong("options", "Expected { address, apiKey }.")
  await run(Validation.check("options", options, optionRules))
  const { clock, inspect } = Validation.runtimeRules
  await run(Validation.check("how", how, { clock, inspect }))
  const { configured, endpoint } = await run(Effect.fromResult(ApiKey.configure(options)))
  return openOn(PromiseRuntime.make(endpoint, PromiseRuntime.nothing), configured, how)
}
