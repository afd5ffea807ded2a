/** Questions on the terminal, by Effect's prompts. Those can ask for files, too; ours never do, so the file services are empty. */

import * as Prompt from "effect/cli/Prompt"
import * as Effect from "effect/Effect"
import * as FileSystem from "effect/FileSystem"
import * as Layer from "effect/Layer"
import * as Path from "effect/Path"
import type * as Terminal from "effect/Terminal"

type Asked<A> = Effect.Effect<A, Terminal.QuitError, Terminal.Terminal>

const nowhere = Layer.merge(FileSystem.layerNoop({}), Path.layer)

const ask = <A>(prompt: Prompt.Prompt<A>): Asked<A> => Effect.provide(Prompt.run(prompt), nowhere)

/**
 * @category questions
 */
export const shown = (options: Prompt.TextOptions): Asked<string> => ask(Prompt.String(options))

/**
 * Neither the typed text nor its length is shown.
 *
 * @category questions
 */
export const hidden = (options: Prompt.TextOptions) => ask(Prompt.Hidden(options))
