import { describe, expect, it } from "vitest"
import { sessionMachine } from "../packages/machine/src/SessionMachine.ts"
import { command, pictures, read, redrawn } from "../scripts/draw-lifecycle.ts"

describe("docs/lifecycle.md", () => {
  it("shows the chart as it is", () => {
    expect(redrawn(read()), `the pictures are stale; draw them anew with: ${command}`).toBe(read())
  })

  it("would be found stale: an arrow that is not there, and a picture without a place", () => {
    const stale = read().replace("unauthenticated_idle --> unauthenticated_signing_in : SignIn\n", "")
    expect(stale).not.toBe(read())
    expect(redrawn(stale)).toBe(read())
    expect(() => redrawn(read().replace("<!-- picture: expiring -->", ""))).toThrow("no place for the picture expiring")
  })

  it("draws every state and every event, but the one way out and the one that leads nowhere, which it tells in words", () => {
    const drawn = [...pictures().values()].join("\n")
    const leaves = Object.entries(sessionMachine.root.states).flatMap(([top, { states }]) =>
      Object.keys(states).length === 0 ? [top] : Object.keys(states).map((inner) => `${top}_${inner}`),
    )
    expect(leaves).toHaveLength(15)
    for (const leaf of leaves) expect(drawn).toContain(` as ${leaf}\n`)
    for (const event of sessionMachine.events) {
      if (event !== "SignOut" && event !== "Prompted") expect(drawn).toMatch(new RegExp(` : .*\\b${event}\\b`))
      expect(read(), `${event} is told in words`).toContain(`\`${event}\``)
    }
  })
})
