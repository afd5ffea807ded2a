/** The same chart under a plain XState actor and under the driver: the same story gives the same states. */
import { assert, describe, it } from "@effect/vitest"
import { tokenTimes } from "@pbx-auth/machine/Renewal"
import { commandsOf, type RequestToken } from "@pbx-auth/machine/SessionCommand"
import type { SessionContext } from "@pbx-auth/machine/SessionContext"
import type { SessionEvent } from "@pbx-auth/machine/SessionEvent"
import { sessionMachine } from "@pbx-auth/machine/SessionMachine"
import { SessionView } from "@pbx-auth/machine/SessionView"
import * as AuthError from "@pbx-auth/providers/AuthError"
import * as SkySwitch from "@pbx-auth/providers/SkySwitch"
import { challenged, issued, type TokenReply } from "@pbx-auth/providers/Token"
import { TokenEndpoint } from "@pbx-auth/providers/TokenEndpoint"
import * as Effect from "effect/Effect"
import * as Redacted from "effect/Redacted"
import { createActor } from "xstate"
import { eventually, harness, passcode, people, settle, tokens, withoutAlarm } from "./Harness.ts"

type Answer = "token" | "challenge" | AuthError.Reason

type Call =
  | { readonly call: "signIn" | "submitPasscode" | "actAs" | "stopActing" | "cancel" | "signOut" | "reject" | "need" }
  | { readonly wait: number }

interface Story {
  readonly name: string
  readonly unattended: boolean
  /** What the provider says, in order. */
  readonly answers: ReadonlyArray<Answer>
  readonly calls: ReadonlyArray<Call>
}

const minute = 60_000
const call = (name: Extract<Call, { readonly call: string }>["call"]): Call => ({ call: name })
const wait = (by: number): Call => ({ wait: by })

const badPasscode = new AuthError.BadPasscode({})
const badCredentials = new AuthError.BadCredentials({})
const renewalRefused = new AuthError.RenewalRefused({})
const notAllowed = new AuthError.NotAllowed({})
const clientRefused = new AuthError.ClientRefused({})
const lost = new AuthError.OutcomeUnknown({ grant: "RefreshToken" })

const stories: ReadonlyArray<Story> = [
  {
    name: "second factor, renewal, acting, sign-out",
    unattended: false,
    answers: ["challenge", badPasscode, "token", "token", "token", "token", "token"],
    calls: [
      call("signIn"),
      call("submitPasscode"),
      call("submitPasscode"),
      wait(58 * minute),
      call("need"),
      call("actAs"),
      wait(58 * minute),
      call("need"),
      call("stopActing"),
      call("signOut"),
    ],
  },
  {
    name: "refusals of a person",
    unattended: false,
    answers: [badCredentials, "token", notAllowed, renewalRefused, badCredentials, "token"],
    calls: [
      call("signIn"),
      call("signIn"),
      call("actAs"),
      wait(58 * minute),
      call("need"),
      call("signIn"),
      call("signIn"),
      call("signOut"),
    ],
  },
  {
    name: "an unattended session that signs in again, and again asks for a passcode",
    unattended: true,
    answers: ["token", renewalRefused, "challenge", "token", lost, "token"],
    calls: [call("need"), call("reject"), call("need"), call("submitPasscode"), wait(61 * minute), call("need")],
  },
  {
    name: "a challenge that is taken back, and one that ends",
    unattended: false,
    answers: ["challenge", "challenge", "token"],
    calls: [call("signIn"), call("cancel"), call("signIn"), wait(61 * minute), call("need"), call("signIn")],
  },
  {
    name: "a client that is refused at a renewal, and the token's end",
    unattended: true,
    answers: ["token", clientRefused],
    calls: [call("need"), wait(58 * minute), call("need"), wait(3 * minute), call("need")],
  },
  {
    name: "acting whose own token is rejected, and must be renewed first",
    unattended: false,
    answers: ["token", "token", "token", "token"],
    calls: [
      call("signIn"),
      call("actAs"),
      wait(70 * minute),
      call("need"),
      call("reject"),
      call("need"),
      call("stopActing"),
    ],
  },
]

const lifetime = 60 * minute
const { renewal } = SkySwitch.provider
const subject = "1001@acmecorp.12345.service"

const replyOf = (answer: Answer | undefined, count: number): Effect.Effect<TokenReply, AuthError.AuthError> => {
  if (answer === "token") {
    return Effect.succeed(issued(tokens(String(count), { lifetime })))
  }
  if (answer === "challenge") {
    return Effect.succeed(challenged({ token: Redacted.make("c"), vendor: "google", type: "authenticator", lifetime }))
  }
  return AuthError.fromReason(answer ?? new AuthError.Unreadable({}))
}

/** What the chart remembers, with times as tens of seconds since the story began. */
const memory = (context: SessionContext, start: number): unknown =>
  JSON.parse(
    JSON.stringify(context, (_, value) =>
      typeof value === "number" && value >= start ? Math.round((value - start) / 10_000) : value,
    ),
  )

/**
 * Tells a story under the driver. Without a listener a driver at rest drops what it can make again, so the watcher must not be a
 * listener.
 */
const driven = Effect.fnUntraced(function* (story: Story, isLookedAt: boolean) {
  const answers = [...story.answers]
  const purposes: Array<string> = []
  let count = 0
  const endpoint = TokenEndpoint.of({
    present: (_, grant) =>
      Effect.suspend(() => {
        purposes.push(grant._tag)
        return replyOf(answers.shift(), ++count)
      }),
    inspect: () => Effect.die("unasked"),
    revoke: () => Effect.void,
  })
  const { accounts, clock, drive, runtime } = yield* harness({ endpoint })
  const configured = accounts.skyswitch(story.unattended ? { credentials: people.withFactor } : {})
  const paths: Array<string> = []
  const memories: Array<unknown> = []
  const driver = yield* drive(configured, {
    ...withoutAlarm(runtime),
    random: () => 0.5,
    watcher: ({ view }, { _tag }) => void (_tag === "Stepped" && paths.push(view.path)),
  })
  const start = driver.now
  if (isLookedAt) driver.subscribe(() => {})
  for (const step of story.calls) {
    if ("wait" in step) {
      yield* clock.adjust(step.wait)
      continue
    }
    switch (step.call) {
      case "signIn":
        yield* Effect.exit(driver.signIn(people.withFactor))
        break
      case "submitPasscode":
        yield* Effect.exit(driver.submitPasscode(passcode))
        break
      case "actAs":
        yield* Effect.exit(driver.startActing(subject))
        break
      case "stopActing":
        yield* driver.stopActing
        break
      case "cancel":
        yield* driver.cancel
        break
      case "signOut":
        yield* driver.signOut
        break
      case "reject":
        driver.reject(driver.view.generation)
        break
      case "need":
        yield* Effect.exit(driver.bearer)
        break
    }
    yield* eventually(
      "rest",
      Effect.sync(() => driver.view.awaiting !== "provider"),
    )
    yield* settle
    memories.push(memory(driver.snapshot.context, start))
  }
  return { memories, paths, purposes }
})

const grantOf = { sign_in: "Password", passcode: "Passcode", renewal: "RefreshToken", act_as: "ActAs" } as const

/** Tells the same story under a plain actor, by a port that is as simple as can be. */
const acted = (story: Story) => {
  const answers = [...story.answers]
  const purposes: Array<string> = []
  const inbox: Array<() => void> = []
  const start = 1_700_000_000_000
  let now = start
  let wakeAt: { readonly at: number | null; readonly generation: number } = { at: null, generation: 0 }

  const outcome = ({ attempt, purpose }: RequestToken, answer: Answer | undefined): SessionEvent => {
    if (answer === "challenge") return { type: "Challenged", attempt, challengeUntil: now + lifetime, now }
    if (answer === "token") {
      return { type: "Issued", attempt, times: tokenTimes(renewal, { issuedAt: now, lifetime, random: 0.5 }), now }
    }
    const reason = answer ?? new AuthError.Unreadable({})
    const refusal = { code: reason._tag, remedy: AuthError.fromReason(reason).remedy }
    // SkySwitch's rotation is unknown, and the token is dead by then: who can signs in at once.
    return reason._tag === "OutcomeUnknown" && purpose === "renewal"
      ? { type: "OutcomeUnknown", attempt, refusal, retryAt: null, signInAt: now, now }
      : { type: "Refused", attempt, refusal, now }
  }

  const actor = createActor(
    sessionMachine.provide({
      actions: commandsOf({
        requestToken: (command, send) => {
          purposes.push(grantOf[command.purpose])
          const answer = answers.shift()
          inbox.push(() => send(outcome(command, answer)))
        },
        wakeAt: (command) => {
          wakeAt = command
        },
        abandon: () => {},
        discard: () => {},
        onDefect: (defect) => assert.fail(String(defect)),
      }),
    }),
    { input: { unattended: story.unattended, renewsWith: "refresh_token" } },
  )
  const paths: Array<string> = []
  const memories: Array<unknown> = []
  actor.start()
  actor.subscribe((snapshot) => void paths.push(SessionView.of(snapshot).path))
  const drain = () => {
    for (let next = inbox.shift(); next !== undefined; next = inbox.shift()) next()
  }
  const view = () => SessionView.of(actor.getSnapshot())

  for (const step of story.calls) {
    if ("wait" in step) {
      now += step.wait
      continue
    }
    switch (step.call) {
      case "signIn":
        actor.send({ type: "SignIn" })
        break
      case "submitPasscode":
        actor.send({ type: "SubmitPasscode" })
        break
      case "actAs":
        actor.send({ type: "ActAs", subject })
        break
      case "stopActing":
        actor.send({ type: "StopActing", now })
        break
      case "cancel":
        actor.send({ type: "Cancel", now })
        break
      case "signOut":
        actor.send({ type: "SignOut" })
        break
      case "reject":
        actor.send({ type: "Rejected", generation: view().generation, now })
        break
      case "need":
        if (view().path === "unauthenticated.idle" && story.unattended && view().refusal === null) {
          actor.send({ type: "SignIn" })
        } else if (wakeAt.at !== null && wakeAt.at <= now) {
          actor.send({ type: "Due", generation: wakeAt.generation, now })
        }
        break
    }
    drain()
    memories.push(memory(actor.getSnapshot().context, start))
  }
  return { memories, paths, purposes }
}

/** A state that is told again has no news; an event that the chart drops is one only under one of the two. */
const changes = (paths: ReadonlyArray<string>) => paths.filter((path, index) => path !== paths[index - 1])

describe("the same chart under an actor and under the driver", () => {
  for (const story of stories) {
    for (const isLookedAt of [true, false]) {
      it.live(`${story.name}${isLookedAt ? "" : ", and nobody looks"}`, () =>
        Effect.gen(function* () {
          const byDriver = yield* driven(story, isLookedAt)
          const byActor = acted(story)
          assert.deepStrictEqual(changes(byDriver.paths), changes(byActor.paths))
          assert.deepStrictEqual(byDriver.purposes, byActor.purposes)
          assert.deepStrictEqual(byDriver.memories, byActor.memories)
          assert.isAbove(changes(byDriver.paths).length, 3)
        }),
      )
    }
  }

  it("all six states are on the way", () => {
    const states = new Set(stories.flatMap((story) => acted(story).paths.map((path) => path.split(".")[0])))
    assert.strictEqual(states.size, 6)
  })

  it.live("the check can fail: another story has other states", () =>
    Effect.gen(function* () {
      const [first, second] = stories
      if (first === undefined || second === undefined) return
      assert.notDeepEqual(changes((yield* driven(first, true)).paths), changes(acted(second).paths))
    }),
  )
})
