/** One connection to Redis, and commands over it. It is opened when it is needed, and never repeats a command by itself. */

import { Buffer } from "node:buffer"
import { StoreFailed } from "@pbx-auth/providers/AuthError"
import { createClient, RESP_TYPES, type RedisClientOptions } from "@redis/client"
import * as Deferred from "effect/Deferred"
import * as Duration from "effect/Duration"
import * as Effect from "effect/Effect"
import * as Exit from "effect/Exit"
import * as Redacted from "effect/Redacted"
import * as Scope from "effect/Scope"
import { faultOf, RedisFault } from "./RedisProblem.ts"

/**
 * @category models
 */
export interface Address {
  /** `redis://` or, over a network, `rediss://`, with the user and the password. */
  readonly url: Redacted.Redacted
  /** What Node takes for a socket, such as `{ tls: true, ca }` for a certificate authority of your own. */
  readonly socket?: RedisClientOptions["socket"]
}

const driver = ({ socket, url }: Address, timeout: Duration.Duration) =>
  createClient({
    url: Redacted.value(url) as string,
    // Understood by each server and each proxy.
    RESP: 2,
    disableClientInfo: true,
    // While there is no connection a command fails, and is not kept for the next one.
    disableOfflineQueue: true,
    socket: {
      ...socket,
      connectTimeout: Duration.toMillis(timeout),
      reconnectStrategy: false,
    } as NonNullable<RedisClientOptions["socket"]>,
  })

export type Driver = ReturnType<typeof driver>

const slow = /* @__PURE__ */ new RedisFault({ code: "SLOW" })

/** Opens a connection for as long as the scope is open. */
export const open = (address: Address, timeout: Duration.Duration): Effect.Effect<Driver, RedisFault, Scope.Scope> =>
  Effect.acquireRelease(
    Effect.try({
      try: () => {
        const client = driver(address, timeout)
        // Each command that was lost fails by itself.
        client.on("error", () => undefined)
        return client
      },
      catch: faultOf,
    }),
    (client) => Effect.sync(() => client.isOpen && client.destroy()),
  ).pipe(
    Effect.tap((client) =>
      Effect.tryPromise({ try: () => client.connect(), catch: faultOf }).pipe(
        Effect.timeoutOrElse({ duration: timeout, orElse: () => Effect.fail(slow) }),
      ),
    ),
  )

/** Waits until the connection is lost. */
export const lost = (client: Driver): Effect.Effect<void> =>
  Effect.callback((resume) => {
    const end = () => resume(Effect.void)
    if (!client.isReady) return end()
    for (const event of ["end", "error"]) client.once(event, end)
    return Effect.sync(() => {
      for (const event of ["end", "error"]) client.off(event, end)
    })
  })

/** What Redis answers: a text comes as bytes, and nothing as null. */
export type Reply = Uint8Array | number | string | null | ReadonlyArray<Reply>

/** A reply as text. */
export const text = (reply: Reply | undefined): string =>
  reply instanceof Uint8Array ? new TextDecoder().decode(reply) : String(reply ?? "")

interface Connected {
  readonly client: Driver
  /** Another one after each start of the server; "" if it does not say. */
  readonly run: string
  readonly scope: Scope.Closeable
}

export interface RedisConnection {
  send(...command: ReadonlyArray<string | Uint8Array>): Effect.Effect<Reply, RedisFault>
  /** The server's start that the connection belongs to. */
  readonly run: Effect.Effect<string, RedisFault>
}

/** A server that does not answer, or is no primary any more, keeps its connection; another one may find another server. */
const MOVED = ["SLOW", "READONLY", "MASTERDOWN"]

const INFO_RUN = /^run_id:(\w+)/m

/** It fails if the address cannot be meant, and not if the server is away. */
export const make = (
  whose: "store" | "quota",
  address: Address,
  timeout: Duration.Duration,
): Effect.Effect<RedisConnection, StoreFailed, Scope.Scope> =>
  Effect.gen(function* () {
    const url = String(Redacted.value(address.url))
    if (!/^rediss?:\/\//.test(url) || !URL.canParse(url)) {
      const fix = `The ${whose}'s URL is not valid. Write redis://user:password@host:port or rediss://…, with reserved letters as %XX.`
      return yield* new StoreFailed({ remedy: "configure", fix })
    }
    const layer = yield* Scope.Scope
    let connected: Connected | undefined
    let opening: Deferred.Deferred<Connected, RedisFault> | undefined

    const command = (client: Driver, args: ReadonlyArray<string | Uint8Array>): Effect.Effect<Reply, RedisFault> =>
      Effect.tryPromise({
        try: () =>
          client.sendCommand<never>(
            args.map((arg) =>
              typeof arg === "string" ? arg : Buffer.from(arg.buffer, arg.byteOffset, arg.byteLength),
            ),
            { typeMapping: { [RESP_TYPES.BLOB_STRING]: Buffer } },
          ),
        catch: faultOf,
      })

    const begin = Effect.gen(function* () {
      const scope = yield* Scope.fork(layer)
      return yield* Effect.gen(function* () {
        const client = yield* Scope.provide(open(address, timeout), scope)
        const info = yield* Effect.orElseSucceed(command(client, ["INFO", "server"]), () => "")
        connected = { client, run: INFO_RUN.exec(text(info))?.[1] ?? "", scope }
        return connected
      }).pipe(
        // All who come later wait for this attempt.
        Effect.timeoutOrElse({ duration: timeout, orElse: () => Effect.fail(slow) }),
        Effect.onError((cause) => Scope.close(scope, Exit.failCause(cause))),
      )
    })

    // All who need the connection at the same time wait for one attempt.
    const connection = Effect.suspend((): Effect.Effect<Connected, RedisFault> => {
      if (connected?.client.isReady) return Effect.succeed(connected)
      if (opening !== undefined) return Deferred.await(opening)
      const attempt = Deferred.makeUnsafe<Connected, RedisFault>()
      opening = attempt
      return leave.pipe(
        Effect.andThen(begin),
        Effect.onExit((exit) => {
          opening = undefined
          return Deferred.done(attempt, exit)
        }),
        Effect.forkIn(layer),
        Effect.andThen(Deferred.await(attempt)),
      )
    })

    const leave = Effect.suspend(() => {
      const old = connected
      connected = undefined
      return old === undefined ? Effect.void : Scope.close(old.scope, Exit.void)
    })

    return {
      // A caller that is interrupted waits for the answer: a write that is under way is not left behind.
      send: (...args) =>
        Effect.uninterruptible(
          Effect.raceFirst(
            Effect.interruptible(Effect.flatMap(connection, ({ client }) => command(client, args))),
            Effect.andThen(Effect.interruptible(Effect.sleep(timeout)), Effect.fail(slow)),
          ),
        ).pipe(Effect.tapError(({ code }) => (MOVED.includes(code) ? leave : Effect.void))),
      run: Effect.map(connection, ({ run }) => run),
    }
  })
