/** What a tool reads of the chart: an inspector, Stately's editor, a screen of one's own. */
import { sessionMachine } from "@pbx-auth/machine/SessionMachine"
import { SessionView } from "@pbx-auth/machine/SessionView"
import { describe, expect, it } from "vitest"
import { and, assign, not } from "xstate"
import { getAdjacencyMap } from "xstate/graph"
import { sessionSetup } from "../src/SessionSetup.ts"
import { states } from "../src/SessionStates.ts"
import { actAs, attended, due, issued, type Machine, Walk, walk } from "./Walk.ts"

interface Transition {
  readonly guard?: unknown
}

interface Node {
  readonly path: ReadonlyArray<string>
  readonly states: Readonly<Record<string, Node>>
  readonly transitions: ReadonlyMap<string, ReadonlyArray<Transition>>
  readonly always?: ReadonlyArray<Transition>
}

const nodesIn = (node: Node): ReadonlyArray<Node> => [node, ...Object.values(node.states).flatMap(nodesIn)]

const guardsOf = (machine: { readonly root: unknown }): ReadonlyArray<unknown> =>
  nodesIn(machine.root as Node)
    .flatMap((node) => [...[...node.transitions.values()].flat(), ...(node.always ?? [])])
    .flatMap(({ guard }) => (guard === undefined ? [] : [guard]))

/** What becomes of a guard that is a function: JSON drops it, and the transition looks unconditional. */
const unnamed = (machine: { readonly root: unknown }) => guardsOf(machine).filter((guard) => typeof guard !== "string")

describe("the chart, as a tool reads it,", () => {
  it("shows every condition by a name, and none as if there were no condition", () => {
    expect(guardsOf(sessionMachine).length).toBeGreaterThan(90)
    expect(unnamed(sessionMachine)).toEqual([])
    const json = JSON.stringify(sessionMachine.config)
    const shown = [...json.matchAll(/"guard":"(\w+)"/g)].map(([, name]) => name)
    expect(shown.sort()).toEqual([...guardsOf(sessionMachine)].sort())
  })

  it("would be seen to hide one", () => {
    const hiding = sessionSetup.createMachine({
      context: sessionMachine.config.context as never,
      on: { SignIn: { guard: and(["child", not("late")]) }, SignOut: { guard: "child" } },
    })
    expect(unnamed(hiding)).toHaveLength(1)
    expect(JSON.stringify(hiding.config)).not.toContain("late")
  })

  it("uses every condition that it names, and names every one that it uses", () => {
    expect([...new Set(guardsOf(sessionMachine))].sort()).toEqual(
      Object.keys(sessionMachine.implementations.guards).sort(),
    )
  })

  it("says at each state what it is, what is offered, and what it waits for", () => {
    const leaves = nodesIn(sessionMachine.root as unknown as Node).filter(
      (node) => Object.keys(node.states).length === 0,
    )
    expect(leaves).toHaveLength(15)
    for (const leaf of leaves) {
      const { description, meta, tags } = leaf as unknown as typeof sessionMachine.root
      const path = leaf.path.join(".")
      expect(description, path).toBe(states[path]?.description)
      expect(meta, path).toEqual(states[path]?.meta)
      expect(tags, path).toEqual([states[path]?.tags ?? []].flat())
    }
  })

  it("is busy while the provider is asked, and a view says the same", () => {
    const at = walk(attended)
    const isBusy = () => at.snapshot.hasTag("busy")
    const told: Array<string> = []
    for (const step of [() => ({ type: "SignIn" }) as const, issued(), actAs("1001"), issued(), due()]) {
      at.step(step)
      told.push(`${at.path} ${isBusy()}`)
      expect(SessionView.of(at.snapshot).awaiting === "provider").toBe(isBusy())
      expect(Object.values(at.snapshot.getMeta())[0]?.actions).toEqual(SessionView.of(at.snapshot).actions)
    }
    expect(told).toEqual([
      "unauthenticated.signing_in true",
      "authenticated false",
      "masqueraded.starting true",
      "masqueraded.live false",
      "masqueraded.live false",
    ])
  })
})

describe("sessionSetup", () => {
  it("draws the same chart", () => {
    const again = sessionSetup.createMachine(sessionMachine.config as never) as unknown as Machine
    expect(JSON.stringify(again.definition)).toBe(JSON.stringify(sessionMachine.definition))
    const steps = (machine: Machine) =>
      new Walk(attended, machine).lines(() => ({ type: "SignIn" }), issued(), actAs("1001"), issued())
    expect(steps(again)).toEqual(steps(sessionMachine))
  })

  it("has what makes parts of a chart, and extends the words", () => {
    const waiting = sessionSetup.createStateConfig({
      entry: "forget",
      on: { SignIn: { guard: "child", target: "done" } },
    })
    const machine = sessionSetup
      .extend({ actions: { count: assign(({ context }) => ({ attempt: context.attempt + 1 })) } })
      .createMachine({
        context: sessionMachine.config.context as never,
        initial: "waiting",
        states: { waiting, done: { entry: "count" } },
      })
    expect(Object.keys(getAdjacencyMap(machine, { input: attended, events: [{ type: "SignIn" }] }))).toHaveLength(1)
  })
})
