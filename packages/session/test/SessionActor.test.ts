/** A session as an XState actor: what a screen reads of it, what it may send, and what an inspector sees. */
import { describe, expect, it } from "@effect/vitest"
import type { ScreenEvent } from "@pbx-auth/machine/SessionRef"
import { SessionView } from "@pbx-auth/machine/SessionView"
import * as Session from "@pbx-auth/session/Session"
import * as SessionActor from "@pbx-auth/session/SessionActor"
import { SessionRuntime } from "@pbx-auth/session/SessionRuntime"
import * as Effect from "effect/Effect"
import * as Logger from "effect/Logger"
import { createActor, type InspectionEvent, sendTo, setup } from "xstate"
import { configured, signing } from "./BrowserSigning.ts"
import { harness, passcode, people, reaches, settle, subjectOf } from "./Harness.ts"

/** Digits that stand by themselves: a time or a random name may have them in it. */
const secrets = /(?<![\da-f-])(5678|246802)(?![\da-f-])|mypassword|your-client-secret|[0-9a-f]{32}/

describe("the actor of a session", () => {
  it.live("shows what the session shows, and is the same one every time", () =>
    Effect.gen(function* () {
      const { accounts, open } = yield* harness()
      const pbx = yield* open(accounts.skyswitch({ credentials: people.reseller }))
      const actor = SessionActor.of(pbx)
      const seen: Array<string> = []
      const subscription = actor.subscribe((snapshot) => seen.push(SessionView.of(snapshot).path))
      const before = actor.getSnapshot()
      expect(actor.getSnapshot(), "one object until a step").toBe(before)
      yield* pbx.accessToken
      expect(seen).toEqual(["unauthenticated.signing_in", "authenticated"])
      expect(SessionView.of(actor.getSnapshot())).toBe(yield* pbx.view)
      subscription.unsubscribe()
      yield* pbx.signOut
      expect(seen).toHaveLength(2)
      expect(SessionActor.of(pbx)).toBe(actor)
      expect(Object.keys(pbx), "and who prints the session does not meet it").not.toContain("actor")
    }),
  )

  it.live("takes events, by the ways of the methods", () =>
    Effect.gen(function* () {
      const { accounts, grants, open } = yield* harness()
      const pbx = yield* open(accounts.skyswitch({ credentials: people.reseller }))
      const { send } = SessionActor.of(pbx)
      send({ type: "SignIn" })
      send({ type: "SignIn" })
      yield* reaches(pbx, "authenticated")
      expect(yield* grants, "two events, one sign-in").toEqual(["password"])
      send({ type: "ActAs", subject: subjectOf.netsapiens })
      expect((yield* reaches(pbx, "masqueraded.live")).subject).toBe(subjectOf.netsapiens)
      send({ type: "StopActing" })
      yield* reaches(pbx, "authenticated")
      send({ type: "SignOut" })
      yield* reaches(pbx, "unauthenticated.idle")
      expect(yield* grants).toEqual(["password", "masquerade"])
    }),
  )

  it.live("ignores what is no event", () =>
    Effect.gen(function* () {
      const { accounts, open } = yield* harness()
      const pbx = yield* open(accounts.skyswitch({ credentials: people.reseller }))
      yield* pbx.accessToken
      const actor = SessionActor.of(pbx)
      const before = actor.getSnapshot()
      const junk = [
        undefined,
        null,
        0,
        "SignOut",
        [],
        {},
        () => {},
        { type: null },
        { type: "toString" },
        { type: "Renewed" },
        { type: "ActAs" },
        { type: "ActAs", subject: null },
        { type: "ActAs", subject: { toString: null } },
      ]
      for (const sent of junk) actor.send(sent as never)
      yield* settle
      expect(actor.getSnapshot()).toBe(before)
      actor.send({ type: "SignOut" })
      yield* reaches(pbx, "unauthenticated.idle")
    }),
  )

  it.live("takes a sign-in back", () =>
    Effect.gen(function* () {
      const { accounts, emulator, open } = yield* harness()
      const pbx = yield* open(accounts.skyswitch({ credentials: people.reseller }))
      const hold = yield* emulator.hold
      SessionActor.of(pbx).send({ type: "SignIn" })
      expect((yield* pbx.view).path).toBe("unauthenticated.signing_in")
      SessionActor.of(pbx).send({ type: "Cancel" })
      expect((yield* pbx.view).path).toBe("unauthenticated.idle")
      yield* hold.release
    }),
  )

  it.live("takes no passcode, no outcome, and nothing that the provider cannot do", () =>
    Effect.gen(function* () {
      const { accounts, grants, open } = yield* harness()
      const pbx = yield* open(accounts.skyswitch({ credentials: people.withFactor }))
      yield* Effect.exit(pbx.accessToken)
      const asked = SessionActor.of(pbx).getSnapshot()
      expect(SessionView.of(asked).path).toBe("mfa_required.awaiting_passcode")
      const forged = [
        { type: "SubmitPasscode" },
        { type: "SubmitPasscode", passcode: "246802" },
        { type: "Issued", attempt: 1, times: { issuedAt: 0, dueAt: null, usableUntil: null, expiresAt: null }, now: 0 },
        { type: "Closed" },
        {},
      ]
      for (const event of forged) SessionActor.of(pbx).send(event as ScreenEvent)
      yield* settle
      expect(SessionActor.of(pbx).getSnapshot()).toBe(asked)
      yield* pbx.submitPasscode(passcode)

      const landstar = yield* open(accounts.landstar({ credentials: people.reseller }))
      yield* landstar.accessToken
      const signedIn = SessionActor.of(landstar).getSnapshot()
      expect(SessionView.of(signedIn).actions).toEqual(["sign_out"])
      SessionActor.of(landstar).send({ type: "ActAs", subject: subjectOf.netsapiens })
      yield* settle
      expect(SessionActor.of(landstar).getSnapshot()).toBe(signedIn)
      expect(yield* grants).toEqual(["password", "mfa", "password"])
    }),
  )

  it.live("a SignIn without credentials at hand asks nobody", () =>
    Effect.gen(function* () {
      const { accounts, count, open } = yield* harness()
      const pbx = yield* open(accounts.skyswitch())
      SessionActor.of(pbx).send({ type: "SignIn" })
      yield* settle
      expect(yield* count(() => true)).toBe(0)
      expect(SessionView.of(SessionActor.of(pbx).getSnapshot()).path).toBe("unauthenticated.idle")
    }),
  )

  it.live("a SignIn that begins nothing is logged, once each, with what to do", () => {
    const lines: Array<string> = []
    return Effect.gen(function* () {
      const { count, open } = yield* signing()
      const actor = SessionActor.of(yield* open(configured("maria")))
      expect(SessionView.of(actor.getSnapshot()).actions).toEqual(["sign_in"])
      actor.send({ type: "SignIn" })
      yield* settle
      expect(yield* count(() => true)).toBe(0)
      expect(lines).toEqual([expect.stringContaining("deviceSignIn()")])
      actor.send({ type: "SignOut" })
      actor.send({ type: "Cancel" })
      yield* settle
      expect(lines.length).toBe(1)
    }).pipe(Effect.provide(Logger.layer([Logger.make(({ message }) => void lines.push([message].flat().join(" ")))])))
  })

  it.live("of a child shows the child, and takes nothing: the child is its parent's", () =>
    Effect.gen(function* () {
      const { accounts, open } = yield* harness()
      const pbx = yield* open(accounts.skyswitch({ credentials: people.reseller }))
      const done: Array<string> = []
      yield* Effect.scoped(
        Effect.gen(function* () {
          const child = yield* pbx.actAs(subjectOf.netsapiens)
          SessionActor.of(child).subscribe({ complete: () => done.push("complete") })
          const live = SessionActor.of(child).getSnapshot()
          expect(SessionView.of(live)).toMatchObject({ path: "masqueraded.live", subject: subjectOf.netsapiens })
          for (const type of ["SignOut", "StopActing", "SignIn", "Cancel"] as const)
            SessionActor.of(child).send({ type })
          yield* settle
          expect(SessionActor.of(child).getSnapshot()).toBe(live)
        }),
      )
      expect(done).toEqual(["complete"])
    }),
  )

  it.live("ends with the session: the last snapshot is done, and offers nothing", () =>
    Effect.gen(function* () {
      const { accounts, open } = yield* harness()
      const seen: Array<string> = []
      const actor = yield* Effect.scoped(
        Effect.gen(function* () {
          const pbx = yield* open(accounts.skyswitch({ credentials: people.reseller }))
          yield* pbx.accessToken
          SessionActor.of(pbx).subscribe({
            next: (snapshot) => seen.push(snapshot.status),
            complete: () => seen.push("complete"),
          })
          return SessionActor.of(pbx)
        }),
      )
      expect(seen).toEqual(["done", "complete"])
      expect(SessionView.of(actor.getSnapshot())).toMatchObject({ path: "unauthenticated.idle", actions: [] })
      actor.send({ type: "SignIn" })
    }),
  )

  it.live("a mirror that somebody stopped is made anew; the session goes on", () =>
    Effect.gen(function* () {
      const { accounts, open } = yield* harness()
      const pbx = yield* open(accounts.skyswitch({ credentials: people.reseller }))
      const actor = SessionActor.of(pbx)
      actor.stop()
      yield* pbx.accessToken
      expect(SessionActor.of(pbx)).not.toBe(actor)
      expect(SessionView.of(SessionActor.of(pbx).getSnapshot()).path).toBe("authenticated")
    }),
  )

  it.live("is told by an XState machine of the app as any actor is", () =>
    Effect.gen(function* () {
      const { accounts, open } = yield* harness()
      const pbx = yield* open(accounts.skyswitch({ credentials: people.reseller }))
      const app = setup({ types: { events: {} as { type: "go" } } }).createMachine({
        on: { go: { actions: sendTo(() => SessionActor.of(pbx), { type: "SignIn" }) } },
      })
      createActor(app).start().send({ type: "go" })
      yield* reaches(pbx, "authenticated")
    }),
  )
})

describe("an inspector", () => {
  it.live("sees XState's own events, of children too, and no secret", () =>
    Effect.gen(function* () {
      const { accounts, runtime, timed } = yield* harness()
      const seen: Array<InspectionEvent> = []
      const pbx = yield* timed(
        Session.make(accounts.skyswitch()).pipe(
          Effect.provideService(SessionRuntime, runtime),
          Effect.provideService(SessionActor.Inspector, (event) => void seen.push(event)),
        ),
      )
      yield* pbx.signIn(people.withFactor)
      yield* pbx.submitPasscode(passcode)
      expect(seen.map(({ type }) => type).slice(0, 3)).toEqual(["@xstate.actor", "@xstate.event", "@xstate.snapshot"])
      const told = seen.flatMap((event) => (event.type === "@xstate.snapshot" ? [event] : []))
      expect(told.map(({ event }) => event.type)).toEqual([
        "xstate.init",
        "SignIn",
        "Challenged",
        "SubmitPasscode",
        "Issued",
      ])
      expect(told.map(({ snapshot }) => SessionView.of(snapshot as never).path)).toEqual([
        "unauthenticated.idle",
        "unauthenticated.signing_in",
        "mfa_required.awaiting_passcode",
        "mfa_required.verifying",
        "authenticated",
      ])
      const [first] = seen
      expect(
        first?.type === "@xstate.actor" && "logic" in first.actorRef && first.actorRef.logic,
        "Stately draws it",
      ).toMatchObject({ config: { id: "session", states: { mfa_required: {} } } })
      const printed = seen.map((event) =>
        JSON.stringify(event, (key, value) => (key === "actorRef" || key === "logic" ? undefined : value)),
      )
      expect(printed.join("\n")).not.toMatch(secrets)
    }),
  )

  it.live("may come later, by XState's own way", () =>
    Effect.gen(function* () {
      const { accounts, open } = yield* harness()
      const pbx = yield* open(accounts.skyswitch({ credentials: people.reseller }))
      const seen: Array<string> = []
      SessionActor.of(pbx).system.inspect((event) => void seen.push(event.type))
      yield* pbx.accessToken
      expect(seen).toEqual(["@xstate.event", "@xstate.snapshot", "@xstate.event", "@xstate.snapshot"])
    }),
  )
})
