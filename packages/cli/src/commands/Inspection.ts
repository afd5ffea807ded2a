/** The output of `inspect`: what the provider knows about the token of a sign-in. */

import * as Console from "effect/Console"
import * as Effect from "effect/Effect"
import * as FetchHttpClient from "effect/http/FetchHttpClient"
import type { GivenTo } from "../grammar/Command.ts"
import type { commands } from "../grammar/Grammar.ts"
import type { Target } from "../kept/Kept.ts"
import * as SignedIn from "../session/SignedIn.ts"
import * as Printable from "../shell/Printable.ts"

/**
 * Signs in, asks the provider and prints its answer, in lines or as JSON.
 *
 * @category running
 */
export const print = Effect.fnUntraced(
  function* (given: GivenTo<typeof commands.inspect>, target: Target) {
    const { clientId, details, ...known } = yield* Effect.flatMap(SignedIn.make(given, target), SignedIn.inspection)
    const answer = { client_id: clientId, ...known, ...details }
    const shown = Object.entries(answer)
      .filter(([, value]) => value !== undefined && value !== null)
      .map(([name, value]) => [
        Printable.line(name),
        Printable.line(typeof value === "string" ? value : JSON.stringify(value)),
      ])
    const widest = Math.max(...shown.map(([name = ""]) => name.length))
    const line = ([name = "", value = ""]: ReadonlyArray<string>) => `${name.padEnd(widest)}  ${value}`
    yield* Console.log(given.json === true ? Printable.json(answer) : shown.map(line).join("\n"))
  },
  Effect.scoped,
  Effect.provide(FetchHttpClient.layer),
)
