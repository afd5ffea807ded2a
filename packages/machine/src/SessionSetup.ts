/**
 * For a chart of your own on the same words. XState's whole `setup` has `createStateConfig`, `createAction` and `extend`; it also has
 * the makers of all other actions, so it stands apart from the chart, and who does not import it does not load it.
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
