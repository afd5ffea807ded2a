/** One of a reseller's processes. When it is told to go, it acts for its part of the domains and calls as them. */
import { once } from "node:events"
import * as SkySwitch from "@pbx-auth/providers/SkySwitch"
import * as BearerHttpClient from "@pbx-auth/session/BearerHttpClient"
import { Sessions } from "@pbx-auth/session/Sessions"
import type { SharedQuota } from "@pbx-auth/session/SharedQuota"
import * as PostgresQuota from "@pbx-auth/store-postgres/PostgresQuota"
import * as RedisQuota from "@pbx-auth/store-redis/RedisQuota"
import * as Cause from "effect/Cause"
import * as Effect from "effect/Effect"
import * as Exit from "effect/Exit"
import * as FetchHttpClient from "effect/http/FetchHttpClient"
import type * as Layer from "effect/Layer"
import * as Redacted from "effect/Redacted"
import { client, skyswitch } from "../Vendor.ts"
import { type Job, limitsOf, type Said } from "./Job.ts"

const job: Job = JSON.parse(process.env.RESELLER_JOB ?? "")

const { at, kind, name } = job.place
const url = Redacted.make(at)
const quota: Layer.Layer<SharedQuota, unknown> =
  kind === "redis" ? RedisQuota.layer({ url, prefix: `${name}:` }) : PostgresQuota.layer({ url, table: name })

const say = (said: Said) => Effect.sync(() => void process.stdout.write(`${JSON.stringify(said)}\n`))

const work = Effect.gen(function* () {
  const sessions = yield* Sessions
  const credentials = { username: "1000@acmecorp", password: Redacted.make("mypassword") }
  const reseller = yield* sessions.session(SkySwitch.configure({ address: job.origin, client, credentials }))
  yield* reseller.accessToken
  yield* say({ _tag: "Ready" })
  yield* Effect.promise(() => once(process.stdin, "data"))
  const outcomes = yield* sessions.forEachSubject(reseller, job.subjects, (child) =>
    Effect.gen(function* () {
      const api = yield* BearerHttpClient.make(child)
      for (let call = 0; call < job.calls; call++) yield* api.get(`${job.origin}${skyswitch.api}`)
    }),
  )
  for (const { exit } of outcomes) if (Exit.isFailure(exit)) process.stderr.write(`${Cause.pretty(exit.cause)}\n`)
  yield* say({
    _tag: "Ended",
    failed: outcomes.filter(({ exit }) => Exit.isFailure(exit)).length,
    countedBy: yield* sessions.countedBy,
  })
})

await Effect.runPromise(
  Effect.scoped(work).pipe(
    Effect.provide(Sessions.layer({ limits: limitsOf(job.window) })),
    Effect.provide(quota),
    Effect.provide(FetchHttpClient.layer),
  ),
)
process.exit(0)
