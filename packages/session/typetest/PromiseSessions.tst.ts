/** A registry of promises gives what the provider can do, and acts for others where it can. */

import * as Ipex from "@pbx-auth/providers/Ipex"
import * as Landstar from "@pbx-auth/providers/Landstar"
import * as SangomaCx from "@pbx-auth/providers/SangomaCx"
import * as SkySwitch from "@pbx-auth/providers/SkySwitch"
import type { Inspection } from "@pbx-auth/providers/Token"
import { describe, expect, test } from "tstyche"
import { openApiKey } from "../src/PromiseApiKey.ts"
import {
  openSessions,
  type PromiseOutcome,
  type PromiseSessions,
  type PromiseSharedChild,
  type PromiseSharedSessionOf,
} from "../src/PromiseSessions.ts"
import type { openSkySwitch, PromiseSession } from "../src/Promises.ts"

declare const sessions: PromiseSessions
declare const skyswitch: PromiseSharedSessionOf<SkySwitch.Capabilities>
declare const landstar: PromiseSharedSessionOf<Landstar.Capabilities>
declare const ipex: PromiseSharedSessionOf<Ipex.Capabilities>
declare const sangoma: PromiseSharedSessionOf<never>
declare const alone: Awaited<ReturnType<typeof openSkySwitch>>
const client = { id: "id", secret: "secret" }

describe("a registry of promises", () => {
  test("gives sessions of exactly their capabilities", () => {
    expect(sessions.session(SkySwitch.configure({ client }))).type.toBe<Promise<typeof skyswitch>>()
    expect(sessions.session(Landstar.configure({ client }))).type.toBe<Promise<typeof landstar>>()
    expect(sessions.session(Ipex.configure({}))).type.toBe<Promise<typeof ipex>>()
    expect(sessions.session(SangomaCx.configure({ client, scopes: ["a"] }))).type.toBe<Promise<typeof sangoma>>()
    expect(skyswitch.submitPasscode).type.toBeCallableWith("246802")
    expect(skyswitch.inspect()).type.toBe<Promise<Inspection>>()
    expect(landstar).type.not.toHaveProperty("actAs")
    expect(landstar).type.not.toHaveProperty("submitPasscode")
    expect(ipex).type.not.toHaveProperty("inspect")
    expect(sangoma).type.not.toHaveProperty("startActing")
  })

  test("its sessions are paced, and have no end of their own", () => {
    expect(sangoma.turn()).type.toBe<Promise<void>>()
    expect(sangoma.note).type.toBeCallableWith(new Headers())
    expect(sangoma).type.not.toHaveProperty("close")
    expect(sangoma).type.not.toBeAssignableTo<AsyncDisposable>()
    expect(sessions.closeSession).type.toBeCallableWith(skyswitch)
    expect(sessions).type.toBeAssignableTo<AsyncDisposable>()
  })

  test("its children are given back", () => {
    expect(skyswitch.actAs("x")).type.toBe<Promise<PromiseSharedChild<SkySwitch.Capabilities>>>()
    expect<PromiseSharedChild<SkySwitch.Capabilities>>().type.toBeAssignableTo<AsyncDisposable>()
    expect<PromiseSharedChild<SkySwitch.Capabilities>>().type.toHaveProperty("inspect")
    expect<PromiseSharedChild<Ipex.Capabilities>>().type.not.toHaveProperty("inspect")
    expect<PromiseSharedChild<Ipex.Capabilities>>().type.not.toHaveProperty("signOut")
  })

  test("acts for subjects where the provider can", () => {
    expect(sessions.forEachSubject(skyswitch, ["a"], (child) => child.inspect())).type.toBe<
      Promise<ReadonlyArray<PromiseOutcome<Inspection>>>
    >()
    expect(sessions.forEachSubject(ipex, new Set(["a"]), (_, subject) => subject.length)).type.toBe<
      Promise<ReadonlyArray<PromiseOutcome<number>>>
    >()
    expect(sessions.forEachSubject).type.not.toBeCallableWith(landstar, ["a"], () => 1)
    expect(sessions.forEachSubject).type.not.toBeCallableWith(alone, ["a"], () => 1)
  })

  test("is opened with its own options alone", () => {
    expect(openSessions).type.toBeCallableWith()
    expect(openSessions).type.toBeCallableWith({ idle: 1, capacity: 1, patience: 1 }, { fetch: globalThis.fetch })
    expect(openSessions).type.not.toBeCallableWith({ client })
  })
})

test("a key neither acts for others, nor is inspected, nor takes a passcode", () => {
  expect(openApiKey({ address: "a", apiKey: "b" })).type.toBe<Promise<PromiseSession>>()
  expect(openApiKey).type.not.toBeCallableWith({ address: "a", apiKey: "b" }, { fetch: globalThis.fetch })
})
