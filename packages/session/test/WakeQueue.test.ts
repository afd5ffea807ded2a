/** The queue of an alarm, beside a list that is sorted each time. */
import { assert, describe, it } from "@effect/vitest"
import { nowhere, type Placed, WakeQueue } from "../src/time/WakeQueue.ts"

/** A generator that always gives the same numbers, from 0 to 1. */
const numbers = (seed: number) => () => {
  seed = (seed * 1_103_515_245 + 12_345) % 2_147_483_648
  return seed / 2_147_483_648
}

interface Numbered extends Placed {
  readonly key: number
}

const numbered = (key: number): Numbered => ({ key, place: nowhere })

describe("a queue of wakes", () => {
  it("gives the earliest first, whatever is set, moved and taken back in between", () => {
    for (let seed = 1; seed <= 50; seed++) {
      const next = numbers(seed)
      const queue = new WakeQueue<Numbered>()
      const all = Array.from({ length: 60 }, (_, key) => numbered(key))
      const model = new Map<number, number>()
      for (let step = 0; step < 500; step++) {
        const key = Math.floor(next() * 60)
        const one = all[key] ?? numbered(key)
        const at = Math.floor(next() * 100)
        const what = next()
        if (what < 0.5) {
          queue.set(one, at)
          model.set(key, at)
        } else if (what < 0.7) {
          queue.delete(one)
          model.delete(key)
        } else {
          const earliest = Math.min(...model.values())
          assert.strictEqual(queue.earliest, earliest)
          const taken = queue.takeDue(at)?.key
          if (earliest > at) assert.isUndefined(taken)
          else {
            assert.strictEqual(model.get(taken ?? -1), earliest)
            model.delete(taken ?? -1)
          }
        }
        assert.strictEqual(queue.size, model.size)
      }
    }
  })

  it("leaves everybody else where they are when it is told of one who stands in another queue", () => {
    const queue = new WakeQueue<Numbered>()
    const other = new WakeQueue<Numbered>()
    const [here, there] = [numbered(1), numbered(2)]
    queue.set(here, 1)
    other.set(there, 1)
    other.delete(here)
    assert.deepStrictEqual([queue.size, other.size], [1, 1])
    assert.strictEqual(other.takeDue(1), there)
  })

  it("looks at few of many", () => {
    const queue = new WakeQueue<Numbered>()
    let looks = 0
    for (let key = 0; key < 100_000; key++) queue.set(numbered(key), (key * 7_919) % 100_000)
    for (let now = 0; now < 100_000; now++) {
      for (let one = queue.takeDue(now); one !== undefined; one = queue.takeDue(now)) {
        assert.strictEqual((one.key * 7_919) % 100_000, now)
        looks += 1
      }
    }
    assert.strictEqual(looks, 100_000)
    assert.strictEqual(queue.earliest, Number.POSITIVE_INFINITY)
  })
})
