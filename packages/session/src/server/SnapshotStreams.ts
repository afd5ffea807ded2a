/**
 * Open streams of snapshots (server-sent events): how many there may be, what each sends, and how long its reader is let in.
 */

import type { RemoteSnapshot } from "@pbx-auth/machine/RemoteSession"
import * as Duration from "effect/Duration"
import * as Effect from "effect/Effect"
import type * as Fiber from "effect/Fiber"
import type { Driver } from "../engine/Driver.ts"
import type { Known } from "./Visitor.ts"

/**
 * @category models
 */
export interface Options {
  /** How many may be open in all, and for one session. */
  readonly most: number
  readonly mostOfOne: number
  /** How often a stream gives a sign of life, and its reader is checked again. */
  readonly heartbeat: Duration.Input
  /** Asks again whose session a request is for. */
  readonly who: (request: Request) => Effect.Effect<Known | Response>
  readonly snapshotOf: (of: Known) => RemoteSnapshot
  readonly fork: (effect: Effect.Effect<void>) => Fiber.Fiber<void>
}

/** ms after which a browser opens a broken stream again. */
const RETRY = 1_000

/**
 * @category models
 */
export class SnapshotStreams {
  readonly #options: Options
  /** The functions that end each. */
  readonly #open = new Set<() => void>()
  readonly #ofOne = new Map<Driver, number>()

  constructor(options: Options) {
    this.#options = options
  }

  /** The bound that one more stream of a session would exceed. */
  exceeded(driver: Driver): "in all" | "of one" | undefined {
    const { most, mostOfOne } = this.#options
    if ((this.#ofOne.get(driver) ?? 0) >= mostOfOne) return "of one"
    return this.#open.size >= most ? "in all" : undefined
  }

  /** Opens a stream. It ends with the session, with its reader, and when the app does not let its caller in any more. */
  open(request: Request, visitor: Known): ReadableStream<Uint8Array> {
    const { driver } = visitor
    let known = visitor
    const { fork, heartbeat, snapshotOf, who } = this.#options
    const encoder = new TextEncoder()
    let seen = request.headers.get("last-event-id") ?? new URL(request.url).searchParams.get("after")
    // Says how long to wait for the next one. A screen that waits much longer has lost its server.
    const beat = `event: beat\ndata: ${Duration.toMillis(heartbeat)}\n\n`
    // An app that ends a visit closes its session as well. If the visit goes on, the session's end is the end for the screen.
    let isTheirs = false
    let show = () => {}
    let forget = () => false
    return new ReadableStream<Uint8Array>(
      {
        start: (controller) => {
          const write = (text: string) => controller.enqueue(encoder.encode(text))
          const hasRoom = () => (controller.desiredSize ?? 0) > 0
          show = () => {
            const snapshot = snapshotOf(known)
            if (snapshot.status === "done" && !isTheirs) return
            // A slow reader gets the latest snapshot when there is room, and nothing piles up. The last one always comes.
            if (snapshot.id === seen || (snapshot.status === "active" && !hasRoom())) return
            seen = snapshot.id
            write(`id: ${snapshot.id}\ndata: ${JSON.stringify(snapshot)}\n\n`)
          }
          const end = () => void (forget() && controller.close())
          // Each stream has a watch of its own, so none is checked late because of the others. If the app does not name a stream's
          // caller within a heartbeat, the stream ends.
          const look = Effect.timeoutOrElse(
            Effect.map(who(request), (now) => {
              if (!this.#open.has(end)) return
              if (now instanceof Response || now.driver !== driver) return end()
              known = now
              isTheirs = driver.snapshot.status === "done"
              show()
              if (isTheirs) end()
              else if (hasRoom()) write(beat)
            }),
            { duration: heartbeat, orElse: () => Effect.sync(end) },
          )
          const watch = fork(Effect.forever(Effect.andThen(Effect.sleep(heartbeat), look)))
          this.#open.add(end)
          this.#ofOne.set(driver, (this.#ofOne.get(driver) ?? 0) + 1)
          const unsubscribe = driver.subscribe(
            () => show(),
            () => queueMicrotask(() => void fork(look)),
          )
          forget = () => {
            if (!this.#open.delete(end)) return false
            const left = (this.#ofOne.get(driver) ?? 0) - 1
            if (left > 0) this.#ofOne.set(driver, left)
            else this.#ofOne.delete(driver)
            unsubscribe()
            request.signal.removeEventListener("abort", end)
            watch.interruptUnsafe()
            return true
          }
          request.signal.addEventListener("abort", end)
          write(`retry: ${RETRY}\n\n${beat}`)
          show()
        },
        pull: () => show(),
        cancel: () => void forget(),
      },
      { highWaterMark: 8 },
    )
  }

  /** Ends all. */
  close(): void {
    for (const end of [...this.#open]) end()
  }
}
