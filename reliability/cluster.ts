/**
 * `cluster [--sessions 1000] [--lifetime 240] [--away 60]`: three machines that share sessions over PostgreSQL and a cluster; one is
 * killed while tokens expire, then PostgreSQL is held. Prints what was counted; ends with 1 if something falls short.
 *
 * `--lifetime` is that of a token in seconds. A renewal is due after four fifths of it, and must end before nine tenths have passed:
 * a slow machine needs a longer one for many sessions.
 */
import { parseArgs } from "node:util"
import * as Effect from "effect/Effect"
import * as Postgres from "servers/src/Postgres.ts"
import { notOurs, unavailable } from "servers/src/Server.ts"
import * as Trial from "./src/cluster/Trial.ts"

const print = (words: string) => process.stdout.write(`${words}\n`)

const { away, lifetime, sessions } = parseArgs({
  options: {
    sessions: { type: "string", default: "1000" },
    lifetime: { type: "string", default: "240" },
    away: { type: "string", default: "60" },
  },
}).values
const size = { sessions: Number(sessions), lifetime: Number(lifetime), away: Number(away) }
if (!Object.values(size).every((number) => Number.isInteger(number) && number > 0)) {
  print("Each of --sessions, --lifetime and --away is a whole number above 0.")
  process.exit(2)
}

const without = unavailable(Postgres.source) ?? notOurs(Postgres.source)
if (without !== undefined) {
  print(`skipped: ${without}`)
  process.exit(process.env.CI === "true" ? 1 : 0)
}

const result = await Effect.runPromise(Effect.scoped(Trial.run(size, print)))
for (const [what, count] of Object.entries(result)) print(`${what.padEnd(12)} ${JSON.stringify(count)}`)
const wrongs = Trial.wrongs(result)
for (const wrong of wrongs) print(`WRONG: ${wrong}`)
process.exit(wrongs.length === 0 ? 0 : 1)
