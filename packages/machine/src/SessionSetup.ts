/**
 * For a chart of your own on the same vocabulary. XState's whole `setup` has `createStateConfig`, `createAction` and `extend`. It
 * also loads the makers of all other actions, so it is a module of its own: an app that does not import it does not load them.
 */
import { setup } from "xstate"
import { sessionMachine } from "./SessionMachine.ts"
import type { SessionSetup } from "./SessionVocabulary.ts"

/**
 * XState's `setup` of the session's actions and guards, with their types. `sessionSetup.createMachine(sessionMachine.config)` is the
 * session's own chart again.
 *
 * @category constructors
 */
export const sessionSetup = setup(sessionMachine.implementations as never) as unknown as SessionSetup
