/**
 * Two machines with the same sessions over one PostgreSQL: their renewals have one owner.
 *
 * @module-tag slow
 */
import { connect, createServer, type Socket } from "node:net"
import { inspect } from "node:util"
import * as PgConnection from "@effect/sql-pg/PgConnection"
import { assert, describe, it } from "@effect/vitest"
import * as Emulator from "@pbx-auth/emulator/Emulator"
import * as Server from "@pbx-auth/emulator/Server"
import { decodeWorld } from "@pbx-auth/emulator/World"
import { makeMemory } from "@pbx-auth/session/TokenStore"
import * as Effect from "effect/Effect"
import * as Logger from "effect/Logger"
import * as Metric from "effect/Metric"
import * as Redacted from "effect/Redacted"
import * as Schedule from "effect/Schedule"
import * as Postgres from "servers/src/Postgres.ts"
import { freePort, titled, unavailable } from "servers/src/Server.ts"
import * as TestServer from "servers/src/TestServer.ts"
import { afterAll, beforeAll } from "vitest"
import { proofOf, RenewalEntity } from "../src/RenewalEntity.ts"
import * as Machine from "./Machine.ts"

const { source } = Postgres
const { end, start, url } = TestServer.make(Postgres, { fsync: "off" })

/** Stands before a port, and keeps each byte that goes through. */
const relay = (to: number) =>
  Effect.acquireRelease(
    Effect.promise(async () => {
      const seen: Array<Buffer> = []
      const sockets = new Set<Socket>()
      const server = createServer((near) => {
        const far = connect(to, "127.0.0.1")
        for (const [socket, other] of [
          [near, far],
          [far, near],
        ] as const) {
          sockets.add(socket)
          socket.on("data", (bytes) => {
            seen.push(bytes)
            other.write(bytes)
          })
          socket.on("error", () => other.destroy())
          socket.on("close", () => other.destroy())
        }
      })
      const port = await freePort()
      await new Promise<void>((resolve) => server.listen(port, "127.0.0.1", resolve))
      return { port, seen, server, sockets }
    }),
    ({ server, sockets }) =>
      Effect.sync(() => {
        server.close()
        for (const socket of sockets) socket.destroy()
      }),
  )

const rowsOf = (...statements: ReadonlyArray<string>) =>
  Effect.scoped(
    Effect.flatMap(PgConnection.make({ url: Redacted.make(url()) }), (connection) =>
      Effect.forEach(statements, (statement) => connection.queryValues(statement)),
    ),
  )

const told = Effect.map(Metric.snapshot, (all) =>
  Object.fromEntries(
    all.flatMap((one) =>
      one.id === "pbx_auth.cluster.asked" ? [[one.attributes?.outcome, (one.state as { count: number }).count]] : [],
    ),
  ),
)

const until = <E>(check: Effect.Effect<boolean, E>) =>
  Effect.repeat(check, { until: (done: boolean) => done, schedule: Schedule.spaced(50), times: 600 })

const EXTENSIONS = Array.from({ length: 8 }, (_, at) => 100 + at)

const stage = Effect.fnUntraced(function* (lifetime: number) {
  const emulator = yield* Emulator.make({ world: yield* decodeWorld(Machine.worldOf(EXTENSIONS, lifetime)) })
  const { origin } = yield* Server.serve({ port: 0, emulator })
  const tables = `t_${crypto.randomUUID().slice(0, 8)}`
  const count = (grant: string) =>
    Effect.map(emulator.journal, (journal) => journal.filter((entry) => entry.grant === grant).length)
  return { emulator, origin, tables, count }
})

describe.skipIf(unavailable(source) !== undefined)(titled("a cluster over PostgreSQL", unavailable(source)), () => {
  beforeAll(start)
  afterAll(end)

  it.live("renews each session once, by its owner, and neither its tables nor its wire see a secret", () =>
    Effect.gen(function* () {
      const { count, emulator, origin, tables } = yield* stage(3600)
      const common = { url: url(), tables }
      const ports = yield* Effect.promise(() => Promise.all([freePort(), freePort()]))
      const relays = yield* Effect.forEach(ports, relay)
      const machines = yield* Effect.forEach(relays, ({ port }, at) =>
        Machine.start({ ...common, port, listen: ports[at] }),
      )
      const runners = Effect.map(rowsOf(`SELECT count(*) FROM ${tables}_runners WHERE healthy`), ([rows]) =>
        Number(rows?.[0]?.[0]),
      )
      yield* until(
        Effect.orElseSucceed(
          Effect.map(runners, (all) => all === 2),
          () => false,
        ),
      )

      const open = yield* Effect.forEach(EXTENSIONS, (extension) =>
        Effect.forEach(machines, ({ sessions }) =>
          Effect.tap(sessions.session(Machine.accountOf(origin, extension)), (session) => session.accessToken),
        ),
      )
      assert.strictEqual(
        yield* count("password"),
        EXTENSIONS.length,
        "the second machine takes the token from the store",
      )

      const secrets = new Set<string>()
      const bearersOf = (at: number) =>
        Effect.forEach(open, (pair) =>
          Effect.tap(Effect.fromNullishOr(pair[at]).pipe(Effect.flatMap(({ bearer }) => bearer)), ({ token }) =>
            Effect.sync(() => secrets.add(Redacted.value(token))),
          ),
        )
      const old = [yield* bearersOf(0), yield* bearersOf(1)]
      const before = yield* told
      // An API rejects the tokens at both machines: first at the one, then at the other.
      const tokens: Array<ReadonlyArray<string>> = []
      for (const at of [0, 1]) {
        yield* Effect.forEach(
          open,
          (pair, which) =>
            Effect.andThen(
              pair[at]?.reject(old[at]?.[which]?.generation ?? -1) ?? Effect.void,
              pair[at]?.accessToken ?? Effect.void,
            ),
          { concurrency: "unbounded" },
        )
        tokens.push((yield* bearersOf(at)).map(({ token }) => Redacted.value(token)))
      }
      assert.deepStrictEqual(tokens[0], tokens[1], "both machines have the same new tokens")
      assert.strictEqual(secrets.size, 2 * EXTENSIONS.length)
      assert.strictEqual(yield* count("refresh_token"), EXTENSIONS.length, "one renewal for each")
      const after = yield* told
      assert.isAbove((after.renewed ?? 0) - (before.renewed ?? 0), 0, "the owner was asked, and renewed")

      const world = yield* emulator.world
      for (const account of world.netsapiens.accounts) if (account.password !== undefined) secrets.add(account.password)
      const wire = Buffer.concat(relays.flatMap(({ seen }) => seen)).toString("latin1")
      assert.include(wire, "pbx-auth/Renewal", "messages went through the relays")
      const [names] = yield* rowsOf(
        `SELECT table_name FROM information_schema.tables WHERE table_name LIKE '${tables}%' ORDER BY 1`,
      )
      const all = (names ?? []).map(([name]) => String(name))
      assert.includeMembers(all, [`${tables}_cells`, `${tables}_locks`, `${tables}_runners`])
      assert.notInclude(all, `${tables}_messages`)
      const contents = JSON.stringify(yield* rowsOf(...all.map((name) => `SELECT t::text FROM ${name} t`)))
      assert.isAbove(secrets.size, 2 * EXTENSIONS.length, "the passwords, too")
      for (const secret of secrets) {
        assert.notInclude(wire, secret)
        assert.notInclude(contents, secret)
      }
    }).pipe(Effect.scoped),
  )

  it.live("obeys nobody who has not the same store", () =>
    Effect.gen(function* () {
      const { count, origin, tables } = yield* stage(3600)
      const { sessions, sharding } = yield* Machine.start({ url: url(), tables, port: yield* Effect.promise(freePort) })
      const session = yield* sessions.session(Machine.accountOf(origin, EXTENSIONS[0] ?? 0))
      yield* session.accessToken
      const [rows] = yield* rowsOf(`SELECT name FROM ${tables}_cells WHERE name LIKE 'record.%'`)
      const key = String(rows?.[0]?.[0]).replace("record.", "")
      const client = yield* Effect.provideContext(RenewalEntity.client, yield* sharding)
      const need = { held: 1, isEarly: true }
      assert.strictEqual(yield* client(key).Ensure({ ...need, proof: "made-up" }), null)
      const foreign = yield* proofOf(yield* makeMemory, { key, ...need })
      assert.strictEqual(yield* client(key).Ensure({ ...need, proof: foreign }), null)
      assert.strictEqual(yield* count("refresh_token"), 0)
    }).pipe(Effect.scoped),
  )

  it.live("that cannot start is said once, without its password, and the session claims by itself", () =>
    Effect.gen(function* () {
      const { count, origin, tables } = yield* stage(3600)
      const nobody = yield* Effect.promise(freePort)
      const said: Array<unknown> = []
      const { sessions } = yield* Machine.start({
        url: url(),
        clusterUrl: `postgres://pbx:${Machine.CANARY}@127.0.0.1:${nobody}/nowhere`,
        tables,
        port: yield* Effect.promise(freePort),
      }).pipe(Effect.provide(Logger.layer([Logger.make(({ message }) => said.push(message))])))
      const session = yield* sessions.session(Machine.accountOf(origin, EXTENSIONS[0] ?? 0))
      const { generation, token } = yield* session.bearer
      yield* session.reject(generation)
      assert.notStrictEqual(Redacted.value(yield* session.accessToken), Redacted.value(token))
      assert.strictEqual(yield* count("refresh_token"), 1)
      yield* until(Effect.sync(() => said.length > 0))
      // It has tried again by then.
      yield* Effect.sleep("2500 millis")
      assert.strictEqual(said.filter((one) => inspect(one).includes("the cluster could not start")).length, 1)
      assert.notInclude(inspect(said, { depth: 20 }), Machine.CANARY)
    }).pipe(Effect.scoped),
  )
})
