/**
 * A static API key of NetSapiens as a session, for apps without Effect (see `ApiKey`).
 *
 * ```ts
 * await using pbx = await openApiKey({ address, apiKey })
 * const token = await pbx.accessToken()
 * ```
 */

import * as Effect from "effect/Effect"
import * as Exit from "effect/Exit"
import * as Scope from "effect/Scope"
import * as ApiKey from "./ApiKey.ts"
import * as PromiseFace from "./face/PromiseFace.ts"
import * as Validation from "./face/Validation.ts"
import type { OpenOptions, PromiseSession } from "./Promises.ts"
import * as SessionActor from "./SessionActor.ts"

const optionRules: Validation.Fields<ApiKey.Options> = {
  // What an address and a key are is looked at where they are used.
  address: [() => true, ""],
  apiKey: [() => true, ""],
}

const running: PromiseFace.Running = { gate: (effect) => effect, patient: (effect) => effect }

/**
 * Opens the session of a key. Nothing is sent for it, it is never renewed, and a 401 of an API ends it: from then on it rejects
 * with `Misconfigured`, as nothing but another key can help.
 *
 * Rejects with `Misconfigured`, naming the field, when the text is no key, or the address none.
 *
 * @category constructors
 */
export const openApiKey = async (
  options: ApiKey.Options,
  how?: Pick<OpenOptions, "inspect">,
): Promise<PromiseSession> => {
  if (!Validation.isObject(options)) throw Validation.wrong("options", "Expected { address, apiKey }.")
  await PromiseFace.run(Validation.check("options", options, optionRules))
  await PromiseFace.run(Validation.check("how", how, { inspect: Validation.runtimeRules.inspect }))
  const scope = Scope.makeUnsafe()
  const close = () => PromiseFace.run(Scope.close(scope, Exit.void))
  const opening = Effect.provideService(ApiKey.make(options), SessionActor.Inspector, how?.inspect)
  const session = await PromiseFace.run(
    Effect.onExit(Scope.provide(opening, scope), (exit) =>
      Exit.isFailure(exit) ? Scope.close(scope, exit) : Effect.void,
    ),
  )
  return PromiseFace.withActor(
    { ...PromiseFace.session(session, running), close, [Symbol.asyncDispose]: close },
    session,
  )
}
