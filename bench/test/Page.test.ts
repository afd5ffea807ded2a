/** The figures in docs/performance.md. */
import { readFileSync } from "node:fs"
import { describe, expect, it } from "vitest"
import type { Board } from "../src/Board.ts"
import * as Page from "../src/Page.ts"

const page = readFileSync(new URL("../../docs/performance.md", import.meta.url), "utf8")

const board: Board = {
  id: "P0",
  title: "a test",
  tables: [
    {
      title: "some",
      unit: "ns",
      spread: "",
      rows: [
        { name: "a bare one", estimate: { value: 100, low: 90, high: 110 } },
        { name: "ours", estimate: { value: 150, low: 140, high: 160 }, ratio: { value: 1.5, low: 1.4, high: 1.6 } },
      ],
    },
  ],
  bars: [
    { says: "ours: at most 1.25 × a bare one", found: "1.50 ×", holds: false },
    { says: "timers: one", found: "1", holds: true },
  ],
  notes: [],
}

describe("the figures of a run", () => {
  it("say of each bar whether it holds, and what stands beside ours", () => {
    const figures = Page.of([board])
    expect(figures).toContain(`Node ${process.versions.node}`)
    expect(figures).toContain("| P0 | ours: at most 1.25 × a bare one | 1.50 × | **misses** |")
    expect(figures).toContain("| P0 | timers: one | 1 | holds |")
    expect(figures).toContain("| P0 | a bare one, some | 100 ns |  |")
  })

  it.each(["quiet", "loaded"] as const)("have their place on the page: %s", (machine) => {
    const once = Page.put(page, machine, "figures of a first run")
    const twice = Page.put(once, machine, "figures of a second run")
    expect(once).toContain("figures of a first run")
    expect(twice).not.toContain("figures of a first run")
    expect(Page.put(twice, machine, "figures of a first run")).toBe(once)
  })

  it("are not put where there is no place", () => {
    expect(() => Page.put("# Performance", "quiet", "figures")).toThrow(/no place/)
  })
})
