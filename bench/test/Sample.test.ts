/** The arithmetic of the tables. */
import { expect, it } from "vitest"
import { atMost, below, exactly, type Table } from "../src/Board.ts"
import { boardAsText, coloursFor } from "../src/Print.ts"
import { race } from "../src/Rounds.ts"
import { median, quartiles, ratio } from "../src/Sample.ts"

it("finds the middle, and where half of the rounds lie", () => {
  expect(median([3, 1, 2])).toBe(2)
  expect(median([4, 1, 2, 3])).toBe(2.5)
  expect(quartiles([5, 1, 2, 3, 4])).toEqual({ value: 3, low: 2, high: 4 })
})

it("compares round by round, so that a slow round slows both", () => {
  expect(ratio([2, 20, 200], [1, 10, 100])).toEqual({ value: 2, low: 2, high: 2 })
  const { high, low, value } = ratio([2, 2, 2, 2, 3], [1, 1, 1, 1, 1])
  expect(value).toBe(2)
  expect(low).toBe(2)
  expect(high).toBeGreaterThanOrEqual(2)
})

it("lets contenders take turns, another one first each time, and forgets the warming up", async () => {
  const order: Array<string> = []
  const contender = (name: string) => ({ name, run: () => order.push(name) })
  const samples = await race(["a", "b", "c"].map(contender), { rounds: 2, warmUp: 1 })
  expect(order.join("")).toBe("abcbcacab")
  expect([...samples.values()].map(({ length }) => length)).toEqual([2, 2, 2])
})

const table: Table = {
  title: "some",
  unit: "ns",
  spread: "quartiles",
  base: "bare",
  rows: [
    { name: "bare", estimate: { value: 100, low: 90, high: 110 } },
    { name: "ours", estimate: { value: 150, low: 140, high: 160 }, ratio: { value: 1.5, low: 1.4, high: 1.6 } },
  ],
}

it("holds rows to their bars", () => {
  expect(atMost(table, "ours", 1.75)).toMatchObject({ holds: true, found: "1.50 ×" })
  expect(atMost(table, "ours", 1.25)).toMatchObject({ holds: false })
  expect(atMost(table, "nobody", 1.25)).toMatchObject({ holds: false })
  expect(below(table, "bare", "ours")).toMatchObject({ holds: true, found: "0.67 ×" })
  expect(below(table, "nobody", "ours")).toMatchObject({ holds: false })
})

it("prints a table, in colours for a terminal alone", () => {
  const board = { id: "P0", title: "a test", tables: [table], bars: [atMost(table, "ours", 1.25)], notes: [] }
  expect(boardAsText(board)).toBe(
    [
      "P0  a test",
      "",
      "some   ns  quartiles     ×       95 %",
      "----  ---  ---------  ----  ---------",
      "bare  100     90–110  1.00",
      "ours  150    140–160  1.50  1.40–1.60",
      "",
      "MISSES  ours: at most 1.25 × bare: 1.50 ×",
      "",
    ].join("\n"),
  )
  expect(boardAsText(board, coloursFor(false))).toBe(boardAsText(board))
  expect(boardAsText(board, coloursFor(true))).toContain("\u001b[31mMISSES\u001b[0m")
  expect(exactly(3)).toEqual({ value: 3, low: 3, high: 3 })
})
