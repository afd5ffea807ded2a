import * as Chart from "@pbx-auth/machine/Chart"
import { sessionMachine } from "@pbx-auth/machine/SessionMachine"
import { describe, expect, it } from "vitest"

const paths = Object.entries(Chart.states()).flatMap(([top, inner]) => [top, ...inner.map((name) => `${top}.${name}`)])

describe("the chart as data", () => {
  it("names the six states and their inner ones", () => {
    expect(Object.keys(Chart.states())).toEqual(Object.keys(sessionMachine.root.states))
    expect(Chart.states().mfa_required).toEqual(["awaiting_passcode", "verifying"])
    expect(paths).toHaveLength(6 + 13)
  })

  it("draws arrows between states that exist, for events that the machine takes", () => {
    const events = new Set<string>([...sessionMachine.events, "at once"])
    for (const { event, from, to } of Chart.arrows()) {
      expect(paths, `${from} --> ${to}`).toEqual(expect.arrayContaining([from, to]))
      expect(events).toContain(event)
    }
  })

  it("leaves no target of the machine's own out", () => {
    const targets = (node: {
      readonly transitions: ReadonlyMap<string, ReadonlyArray<{ readonly target?: unknown }>>
    }) => [...node.transitions.values()].flat().filter(({ target }) => target !== undefined).length
    const { states } = sessionMachine.root
    const drawn = Chart.arrows().filter(({ event }) => event !== "at once")
    const own = Object.values(states).flatMap((node) => [node, ...Object.values(node.states)])
    expect(drawn).toHaveLength(own.reduce((sum, node) => sum + targets(node as never), 0))
  })

  it("shows the usual ways between the six, each once", () => {
    const ways = Chart.ways().map(({ events, from, to }) => `${from} > ${to}: ${events.map(({ event }) => event)}`)
    expect(ways).toEqual([
      "unauthenticated > authenticated: Issued",
      "unauthenticated > mfa_required: Challenged",
      "mfa_required > refreshed: Issued",
      "mfa_required > authenticated: Issued",
      "authenticated > expiring: Due,Rejected",
      "authenticated > masqueraded: ActAs",
      "expiring > refreshed: Issued",
      "expiring > mfa_required: Challenged",
      "expiring > authenticated: Issued",
      "refreshed > expiring: Due,Rejected",
      "refreshed > masqueraded: ActAs",
      "masqueraded > expiring: StopActing,StopActing",
      "masqueraded > refreshed: StopActing",
      "masqueraded > authenticated: StopActing",
    ])
  })
})
