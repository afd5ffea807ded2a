/**
 * A witness from a file of the user's own: its module is loaded, and checked before anything is played.
 *
 * The file is code. So its path is always explicit: a bare name, which Node would look for in `node_modules`, is none.
 */
import { statSync } from "node:fs"
import { resolve } from "node:path"
import { fileURLToPath, pathToFileURL } from "node:url"
import * as Effect from "effect/Effect"
import * as Schema from "effect/Schema"
import type { Answer, Call, Route } from "../exchange/Exchange.ts"
import { isRecord, isWitnessId } from "../exchange/Section.ts"
import type { AnyWitness, Routes } from "../exchange/Witness.ts"
import { decodeWorld, defaultWorld } from "../world/World.ts"
import { StartError } from "./Server.ts"

/** What `--witness` takes. */
const rule = "a path that begins with ./, ../ or /, or a file URL"

const isPath = (text: string): boolean => /^(\.{1,2}[/\\]|\/|file:\/\/\/)/.test(text) && !/\p{Cc}/u.test(text)

/** A URL that is no path, such as one with an escaped slash, is left as it is. The file will not be found. */
const absolute = (text: string): string => {
  try {
    return resolve(text.startsWith("file:") ? fileURLToPath(text) : text)
  } catch {
    return resolve(text.slice("file://".length))
  }
}

/** Node's code for an error, or nothing. */
const codeOf = (error: unknown): string => {
  const { code } = Object(error) as { readonly code?: unknown }
  return typeof code === "string" && /^E[A-Z_]{1,60}$/.test(code) ? code : ""
}

/**
 * What a file's code threw: its class, or Node's code for it, and the line. Never its text, which may hold what a request or a world
 * holds.
 */
const thrown = (error: unknown, file: string): string => {
  const own = error instanceof Error ? error.constructor.name : typeof error
  const name = codeOf(error) || (/^[A-Za-z]\w{0,39}$/.test(own) ? own : "Error")
  const stack = error instanceof Error ? String(error.stack) : ""
  const after = stack.split(`${pathToFileURL(file).href}:`, 2)[1] ?? ""
  const line = /^\d{1,7}/.exec(after)?.[0]
  return line === undefined ? name : `${name} in line ${line}`
}

const isTexts = (u: unknown): boolean =>
  u === undefined || (Array.isArray(u) && u.every((one) => typeof one === "string"))

/** What is read of a witness. `decodeWorld` checks its defaults. */
const checks: Readonly<Record<string, readonly [expected: string, is: (u: unknown) => boolean]>> = {
  id: ["small letters, digits and -, with a letter or a digit first", (u) => typeof u === "string" && isWitnessId(u)],
  world: ["a schema", Schema.isSchema],
  make: ["a function", (u) => typeof u === "function"],
  hosts: ["a list of texts", isTexts],
  grants: ["a list of texts", isTexts],
  names: ["a function", (u) => u === undefined || typeof u === "function"],
}

/** Looks like a witness, well made or not. */
const isMeantAsOne = (u: unknown): u is AnyWitness => isRecord(u) && "make" in u && ("world" in u || "id" in u)

const example = "Export one: export const witness = defineWitness({ … })."

/** The default export, the export `witness`, or the one export that is a witness. */
const found = (module: Readonly<Record<string, unknown>>): AnyWitness | string => {
  const usual = [module.default, module.witness].find(isMeantAsOne)
  if (usual !== undefined) return usual
  const all = Object.values(module).filter(isMeantAsOne)
  const [only] = all
  if (only === undefined) return `exports no witness. ${example}`
  return all.length === 1 ? only : `exports ${all.length} witnesses. Make one of them the default export.`
}

const isAnswer = (u: unknown): u is Answer => isRecord(u) && isRecord(u.reply) && isRecord(u.finding)

const isRoute = (u: unknown): u is Route =>
  isRecord(u) && Array.isArray(u.methods) && Array.isArray(u.paths) && typeof u.answer === "function"

const isRoutes = (u: unknown): u is Routes =>
  isRecord(u) &&
  Array.isArray(u.routes) &&
  u.routes.every(isRoute) &&
  ["killAccess", "killRefresh", "shorten"].every((name) => typeof u[name] === "function")

/** A route that says what went wrong in it. The client gets a 500, as from any server whose code throws. */
const telling =
  (of: string, file: string) =>
  (route: Route): Route => ({
    ...route,
    answer: (call: Call): Answer => {
      const tell = (what: string) =>
        process.stderr.write(`${of}: ${what} at ${call.method} ${route.paths[0] ?? ""}. The client gets a 500.\n`)
      try {
        const answer: unknown = route.answer(call)
        if (isAnswer(answer)) return answer
        tell("its route gave no { reply, finding }")
      } catch (error) {
        tell(`its route threw ${thrown(error, file)}`)
      }
      throw new TypeError("A route of a witness did not answer")
    },
  })

const isFile = (path: string): true | string => {
  try {
    return statSync(path).isFile() || "a folder"
  } catch (error) {
    return codeOf(error)
  }
}

/**
 * Loads it. Fails as `StartError`, in one line that names the file and what to change. Its module may be TypeScript that Node runs as it
 * is. Its `make` is called once here to be tried, and once to be played.
 */
export const load: (path: string) => Effect.Effect<AnyWitness, StartError> = Effect.fnUntraced(function* (
  path: string,
) {
  if (!isPath(path)) return yield* new StartError({ message: `--witness takes ${rule}` })
  const of = `Witness file ${path}`
  const wrong = (problem: string) => new StartError({ message: `${of} ${problem}` })
  const file = absolute(path)
  const there = isFile(file)
  if (there !== true) return yield* wrong(`cannot be read (${there}). Check the path.`)
  const notLoaded = (error: unknown) => wrong(`did not load (${thrown(error, file)}). Run it with node to see why.`)
  const module = yield* Effect.tryPromise({
    try: async () => (await import(pathToFileURL(file).href)) as Readonly<Record<string, unknown>>,
    catch: notLoaded,
  })
  const witness = yield* Effect.try({
    try: () => {
      const one = found(module)
      // Its members are read once: a getter may throw.
      return typeof one === "string" ? one : { ...one }
    },
    catch: notLoaded,
  })
  if (typeof witness === "string") return yield* wrong(witness)
  const held: Readonly<Record<string, unknown>> = { ...witness }
  if (typeof held.read !== "function")
    return yield* wrong(`exports a witness that is not made by defineWitness. ${example}`)
  const bad = Object.entries(checks).find(([name, [, is]]) => !is(held[name]))
  if (bad !== undefined) return yield* wrong(`exports a witness whose ${bad[0]} is wrong. Expected ${bad[1][0]}.`)
  yield* decodeWorld({}, defaultWorld, [witness]).pipe(
    Effect.mapError(({ message }) => wrong(`exports a witness whose defaults do not fit its world: ${message}`)),
    Effect.catchDefect((error) => wrong(`exports a witness whose world throws (${thrown(error, file)}).`)),
  )
  const routes: unknown = yield* Effect.try({
    try: () => witness.make(() => witness.defaults),
    catch: (error) => wrong(`exports a witness whose make throws (${thrown(error, file)}).`),
  })
  if (!isRoutes(routes)) {
    return yield* wrong(
      "exports a witness whose make gives no routes. Expected { routes: [ … ], ...table }, with a TokenTable.",
    )
  }
  const make: AnyWitness["make"] = (world) => {
    const made = witness.make(world)
    return { ...made, routes: made.routes.map(telling(of, file)) }
  }
  return { ...witness, make }
})
