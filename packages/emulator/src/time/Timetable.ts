/**
 * Time that moves when you say so, for an emulator and its client together.
 *
 * A jump walks: time stops at each deadline on the way, whoever waits for it wakes, and everything that follows from it runs before
 * time goes on. So a session that renews once an hour renews once in a jump of an hour, as in real time. `SteerableClock` is the
 * other kind: it leaps, as a machine's clock does after sleep.
 */

/** Time, and those who wait for it. */
export interface Timetable {
  /** Epoch ms, whole. */
  readonly now: () => number
  /** Ms since the timetable was made, with fractions. It never goes back. */
  readonly elapsed: () => number
  /** Calls `wake` once when so many ms have passed. The result takes it back. */
  readonly sleep: (ms: number, wake: () => void) => () => void
  /** Says that something happened, so that a jump does not go on yet. */
  readonly stir: () => void
  /** Lets time pass. Jumps run one after the other. Rejects with a `RangeError` for a time that is no time. */
  readonly jump: (by: number, options?: JumpOptions) => Promise<Jump>
}

/** How far a jump walks. */
export interface JumpOptions {
  /**
   * The most deadlines at which it stops (10 000). What is left of the time then passes at once, as when a machine sleeps. 281 days
   * of a token that lives an hour are about 7 000 stops.
   */
  readonly stops?: number
}

/** What a jump did. */
export interface Jump {
  /** How often it stopped because somebody's time had come. */
  readonly stops: number
  /** How many ms it leapt at its end, because there were too many stops. */
  readonly leapt: number
}

/** How a timetable's time runs: by itself as well, or only by jumps. */
export type Running = "real" | "steered"

interface Sleeper {
  readonly due: number
  readonly wake: () => void
}

/** The latest time that a date can show, in epoch ms (ECMA-262, "Time Values and Time Range"). */
const maxEpochMs = 8.64e15
/** The longest `setTimeout`, ms. */
const maxTimer = 2 ** 31 - 1

// Effect and promises need at most three turns of the event loop from one thing that can be seen to the next, measured over the
// session's whole life. In a browser Effect's own turn may be as long as two of these.
const hasImmediate = "setImmediate" in globalThis
const quietTurns = hasImmediate ? 12 : 6
/** So many turns at most until time goes on: a client that never rests cannot stop it. */
const mostTurns = 20_000

// Effect's scheduler waits for its turn in the same way, so that neither overtakes the other.
const turn = () => new Promise<void>((done) => void (hasImmediate ? setImmediate(done) : setTimeout(done, 0)))

// A session hashes by Web Crypto, in another thread, which takes longer than some turns. A hash that begins later ends later.
const hash = async () => void (await globalThis.crypto?.subtle?.digest("SHA-256", new Uint8Array(1)))

/** Makes a timetable that begins at an epoch in ms. A timer is set only while time runs by itself and somebody waits. */
export const make = (running: Running, startsAt: number): Timetable => {
  /** The last one is due first; of those due together, the one that came first. */
  const sleepers: Array<Sleeper> = []
  const begun = performance.now()
  let moved = 0
  let stirred = 0
  let timer: ReturnType<typeof setTimeout> | undefined
  let turnOfJumps: Promise<unknown> = Promise.resolve()

  const elapsed = () => (running === "real" ? performance.now() - begun + moved : moved)

  /** Wakes those whose time has come. */
  const wakeDue = () => {
    const now = elapsed()
    for (let next = sleepers.at(-1); next !== undefined && next.due <= now; next = sleepers.at(-1)) {
      sleepers.pop()
      stirred++
      next.wake()
    }
  }

  const setTimer = () => {
    if (running === "steered") return
    clearTimeout(timer)
    const next = sleepers.at(-1)
    if (!next) return
    const fire = () => {
      wakeDue()
      setTimer()
    }
    timer = setTimeout(fire, Math.min(Math.max(Math.ceil(next.due - elapsed()), 0), maxTimer))
  }

  const sleep: Timetable["sleep"] = (ms, wake) => {
    stirred++
    const sleeper: Sleeper = { due: elapsed() + Math.max(ms, 0), wake }
    let at = sleepers.length
    while (at > 0 && (sleepers[at - 1]?.due ?? 0) <= sleeper.due) at--
    sleepers.splice(at, 0, sleeper)
    if (at === sleepers.length - 1) setTimer()
    return () => {
      const index = sleepers.indexOf(sleeper)
      if (index < 0) return
      stirred++
      sleepers.splice(index, 1)
      if (index === sleepers.length) setTimer()
    }
  }

  const untilQuiet = async () => {
    for (let quiet = 0, turns = 0; quiet < quietTurns && turns < mostTurns; turns++) {
      const before = stirred
      await turn()
      if (quiet % 3 === 2) await hash()
      quiet = stirred === before ? quiet + 1 : 0
    }
  }

  const moveTo = async (time: number) => {
    moved += Math.max(time - elapsed(), 0)
    wakeDue()
    await untilQuiet()
  }

  const walk = async (by: number, most: number): Promise<Jump> => {
    const end = elapsed() + by
    await untilQuiet()
    let stops = 0
    for (let next = sleepers.at(-1); next !== undefined && next.due <= end; next = sleepers.at(-1)) {
      if (stops === most) break
      stops++
      await moveTo(next.due)
    }
    const isLeap = (sleepers.at(-1)?.due ?? Number.POSITIVE_INFINITY) <= end
    const leapt = isLeap ? Math.max(end - elapsed(), 0) : 0
    await moveTo(end)
    setTimer()
    return { stops, leapt }
  }

  const now = () => Math.floor(startsAt + elapsed())

  return {
    now,
    elapsed,
    sleep,
    stir: () => {
      stirred++
    },
    jump: async (by, { stops = 10_000 } = {}) => {
      if (!(by >= 0 && now() + by <= maxEpochMs)) {
        throw new RangeError("jump: expected ms, 0 or more, and not beyond the times that a date can show")
      }
      if (!(Number.isInteger(stops) && stops >= 0)) throw new RangeError("jump: expected stops, 0 or more")
      const jumping = turnOfJumps.then(() => walk(by, stops))
      turnOfJumps = jumping.catch(() => undefined)
      return jumping
    },
  }
}
