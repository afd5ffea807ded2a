/** The arithmetic of moments. */
import { expect, it } from "vitest"
import { mostWithin, unevenness } from "../src/RollingWindow.ts"

it("finds the fullest window, wherever it begins, without its end", () => {
  expect(mostWithin([], 60)).toBe(0)
  expect(mostWithin([1, 2, 3], 60)).toBe(3)
  expect(mostWithin([0, 60, 120], 60)).toBe(1)
  expect(mostWithin([0, 30, 59, 61, 62, 200], 60)).toBe(4)
  expect(mostWithin([5, 5, 5], 1)).toBe(3)
})

it("finds how far moments are from evenly spread", () => {
  expect(unevenness([5, 15, 25, 35, 45, 55, 65, 75, 85, 95], 0, 100)).toBeCloseTo(0.05)
  expect(unevenness([0, 0, 0, 0], 0, 100)).toBe(1)
  expect(unevenness([10, 20, 30, 40], 0, 100)).toBeCloseTo(0.6)
  expect(unevenness([], 0, 100)).toBe(0)
})
