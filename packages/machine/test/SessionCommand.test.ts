import { commandsOf, type SessionCommand, type SessionPort } from "@pbx-auth/machine/SessionCommand"
import type { SessionInput } from "@pbx-auth/machine/SessionContext"
import type { SessionEvent } from "@pbx-auth/machine/SessionEvent"
import { sessionMachine } from "@pbx-auth/machine/SessionMachine"
import { describe, expect, it } from "vitest"
import { createActor, initialTransition, transition } from "xstate"
import {
  actAs,
  attended,
  cancel,
  challenged,
  child,
  commandLine,
  commandsIn,
  due,
  issued,
  lost,
  type MakeEvent,
  MINUTE,
  pathOf,
  refused,
  rejected,
  type Snapshot,
  signIn,
  signOut,
  stopActing,
  submitPasscode,
  unattended,
  unavailable,
} from "./Walk.ts"

/**
 * What happens from outside, at which minute, and what the provider answers to the presentations, one after the other. An
 * answer comes at once, from within the command itself, which is the hardest for an actor.
 */
interface Script {
  readonly input: SessionInput
  readonly told: ReadonlyArray<readonly [number, MakeEvent]>
  readonly answers: ReadonlyArray<MakeEvent | null>
}

const lifecycle: Script = {
  input: unattended,
  told: [
    [0, signIn],
    [1, submitPasscode],
    [51, due()],
    [53, due()],
    [60, rejected()],
    [61, actAs("1001")],
    [111, due()],
    [112, due()],
    [113, stopActing],
    [170, due()],
    [171, due()],
    [172, signOut],
  ],
  answers: [
    challenged(5),
    issued(),
    unavailable(53),
    issued(),
    refused("RenewalRefused"),
    issued(),
    issued(),
    unavailable(112),
    issued(),
    issued(),
    lost(171),
    issued(),
  ],
}

const scripts: ReadonlyArray<readonly [string, Script]> = [
  ["a whole lifecycle", lifecycle],
  [
    "a person who cancels and is refused",
    {
      input: attended,
      told: [
        [0, signIn],
        [1, cancel],
        [2, signIn],
        [3, signIn],
        [4, submitPasscode],
        [5, cancel],
      ],
      answers: [null, refused("BadCredentials"), challenged(9), refused("BadPasscode")],
    },
  ],
  [
    "a child session",
    {
      input: child,
      told: [
        [0, signIn],
        [50, due()],
        [51, due()],
        [52, rejected()],
        [53, signOut],
      ],
      answers: [issued(), unavailable(51), issued(), null],
    },
  ],
]

type Log = Array<string>

/** Answers from the script and writes down every command. The wake-ups are told by the script, so an alarm sets nothing off. */
const scripted = (answers: Script["answers"], log: Log, snapshot: () => Snapshot, clock: { now: number }) => {
  const left = [...answers]
  const note = (command: SessionCommand) => log.push(`  ${commandLine(command)}`)
  return {
    requestToken: (params, send) => {
      note({ type: "requestToken", params })
      const answer = left.shift()
      // An actor's own snapshot is a step behind within its action, so the attempt is taken from the command.
      if (answer) send({ ...answer(snapshot(), clock.now), attempt: params.attempt } as SessionEvent)
    },
    wakeAt: (params) => void note({ type: "wakeAt", params }),
    abandon: (params) => void note({ type: "abandon", params }),
    discard: (params) => void note({ type: "discard", params }),
  } satisfies SessionPort
}

const underAnActor = ({ input, told, answers }: Script): Log => {
  const log: Log = []
  const clock = { now: 0 }
  const port: SessionPort = scripted(answers, log, () => actor.getSnapshot(), clock)
  const actor = createActor(sessionMachine.provide({ actions: commandsOf(port) }), { input })
  actor.subscribe((snapshot) => log.push(pathOf(snapshot.value)))
  actor.start()
  for (const [minute, makeEvent] of told) {
    clock.now = minute * MINUTE
    actor.send(makeEvent(actor.getSnapshot(), clock.now))
  }
  return log
}

const underALoop = ({ input, told, answers }: Script): Log => {
  const log: Log = []
  const clock = { now: 0 }
  const inbox: Array<SessionEvent> = []
  const port = scripted(answers, log, () => snapshot, clock)
  const carryOut = (actions: Parameters<typeof commandsIn>[0]) => {
    for (const command of commandsIn(actions)) {
      if (command.type === "requestToken") port.requestToken(command.params, (event) => inbox.push(event))
      else if (command.type === "wakeAt") port.wakeAt(command.params)
      else if (command.type === "abandon") port.abandon(command.params)
      else port.discard(command.params)
    }
    log.push(pathOf(snapshot.value))
  }
  let [snapshot, actions] = initialTransition(sessionMachine, input)
  carryOut(actions)
  for (const [minute, makeEvent] of told) {
    clock.now = minute * MINUTE
    inbox.push(makeEvent(snapshot, clock.now))
    for (let event = inbox.shift(); event !== undefined; event = inbox.shift()) {
      ;[snapshot, actions] = transition(sessionMachine, snapshot, event)
      carryOut(actions)
    }
  }
  return log
}

describe("the chart runs the same under an actor and under a loop of transition()", () => {
  it.each(scripts)("%s", (_, script) => {
    const log = underALoop(script)
    expect(underAnActor(script)).toEqual(log)
  })

  it("and the lifecycle passes all six states, home again", () => {
    expect(underALoop(lifecycle).at(-1)).toBe("unauthenticated.idle")
    const states = new Set(
      underALoop(lifecycle)
        .filter((line) => !line.startsWith(" "))
        .map((path) => path.split(".")[0]),
    )
    expect([...states].sort()).toEqual([
      "authenticated",
      "expiring",
      "masqueraded",
      "mfa_required",
      "refreshed",
      "unauthenticated",
    ])
  })
})

describe("commandsOf", () => {
  const silent: SessionPort = { requestToken: () => {}, wakeAt: () => {}, abandon: () => {}, discard: () => {} }
  const actorOf = (port: SessionPort) =>
    createActor(sessionMachine.provide({ actions: commandsOf(port) }), { input: attended })

  it("hands what a port throws to onDefect, and the actor lives on", () => {
    const defects: Array<unknown> = []
    const thrown = (where: string) => () => {
      throw new Error(where)
    }
    const actor = actorOf({
      requestToken: thrown("requestToken"),
      wakeAt: thrown("wakeAt"),
      abandon: thrown("abandon"),
      discard: thrown("discard"),
      onDefect: (defect) => defects.push(defect),
    })
    actor.start()
    actor.send({ type: "SignIn" })
    expect(new Set(defects.map(String))).toEqual(new Set(["Error: wakeAt", "Error: requestToken"]))
    expect(actor.getSnapshot().status).toBe("active")
    actor.send({ type: "SignOut" })
    expect(defects.map(String)).toContain("Error: abandon")
    expect(defects.map(String)).toContain("Error: discard")
    expect(actor.getSnapshot().status).toBe("active")
  })

  it.each([
    [
      "throws",
      () => {
        throw new Error("requestToken")
      },
    ],
    ["rejects", () => Promise.reject(new Error("requestToken"))],
  ])("a presentation that %s is one that could not be had now: no screen waits for ever", async (_, requestToken) => {
    const defects: Array<unknown> = []
    const actor = actorOf({ ...silent, requestToken, onDefect: (defect) => defects.push(defect) })
    actor.start()
    actor.send({ type: "SignIn" })
    await Promise.resolve()
    await Promise.resolve()
    await Promise.resolve()
    const snapshot = actor.getSnapshot()
    expect(pathOf(snapshot.value)).toBe("unauthenticated.idle")
    expect(snapshot.context.refusal).toEqual({ code: "Unavailable", remedy: "retry" })
    expect(defects.map(String)).toEqual(["Error: requestToken"])
  })

  it("keeps the actor alive without an onDefect, too", () => {
    const actor = actorOf({
      ...silent,
      requestToken: () => {
        throw new Error("requestToken")
      },
    })
    actor.start()
    actor.send({ type: "SignIn" })
    expect(actor.getSnapshot().status).toBe("active")
  })

  it("takes a port that is an object with a self", () => {
    class Recorder implements SessionPort {
      readonly seen: Array<string> = []
      requestToken() {
        this.seen.push("requestToken")
      }
      wakeAt() {
        this.seen.push("wakeAt")
      }
      abandon() {
        this.seen.push("abandon")
      }
      discard() {
        this.seen.push("discard")
      }
    }
    const recorder = new Recorder()
    const actor = actorOf(recorder).start()
    actor.send({ type: "SignIn" })
    actor.send({ type: "SignOut" })
    expect(recorder.seen).toEqual(["wakeAt", "requestToken", "abandon", "discard", "wakeAt"])
  })

  it("lets an answer come later", () => {
    const answers: Array<() => void> = []
    const actor = actorOf({
      ...silent,
      requestToken: ({ attempt }, send) =>
        answers.push(() => send({ ...issued()(actor.getSnapshot(), 0), attempt } as SessionEvent)),
    })
    actor.start()
    actor.send({ type: "SignIn" })
    expect(pathOf(actor.getSnapshot().value)).toBe("unauthenticated.signing_in")
    for (const answer of answers) answer()
    expect(pathOf(actor.getSnapshot().value)).toBe("authenticated")
  })
})
