/** Notes who reads or waits for the machine's own time, in this library or in Effect on its behalf. */
import * as Clock from "effect/Clock"
import * as Effect from "effect/Effect"
import { vi } from "vitest"

/** The sources whose use of the machine's time is noted. */
const ours = /packages\/(session|providers|machine|store)\/src\//

const frames = (): ReadonlyArray<string> => (new Error().stack ?? "").split("\n").slice(3)

/** Begins to look. What `end` returns is empty if everything followed a clock of the app's own. */
export const look = () => {
  const uses: Array<string> = []
  const note = (what: string) => uses.push([what, ...frames()].join("\n"))
  // Effect's default clock is one object, however it is come by.
  const machine = Effect.runSync(Clock.Clock)
  const spies = [
    ...(["currentTimeMillisUnsafe", "currentTimeNanosUnsafe", "monotonicTimeNanosUnsafe"] as const).map((name) => {
      const original = machine[name].bind(machine)
      return vi.spyOn(machine, name).mockImplementation(() => {
        note(`Effect's default clock: ${name}`)
        return original() as never
      })
    }),
    vi.spyOn(machine, "sleep").mockImplementation((duration) => {
      note(`Effect's default clock: sleep ${String(duration)}`)
      return Effect.never
    }),
    ...([Date, performance] as const).map((of) => {
      const original = of.now.bind(of)
      return vi.spyOn(of, "now").mockImplementation(() => {
        if (
          frames()
            .slice(0, 2)
            .some((frame) => ours.test(frame))
        )
          note("Date.now or performance.now")
        return original()
      })
    }),
  ]
  const { setTimeout } = globalThis
  globalThis.setTimeout = Object.assign((...given: Parameters<typeof setTimeout>) => {
    if (
      frames()
        .slice(0, 2)
        .some((frame) => ours.test(frame))
    )
      note("setTimeout")
    return setTimeout(...given)
  }, setTimeout) as typeof setTimeout
  return {
    end: (): ReadonlyArray<string> => {
      for (const spy of spies) spy.mockRestore()
      globalThis.setTimeout = setTimeout
      return uses
    },
  }
}
