/**
 * What a session can do, and which file does it. Start reading at
 * [the way of an event and of a token](../../../../docs/intuition.md#the-way-of-an-event): it says how the files of this folder work
 * together.
 */

import type { SessionEvent } from "@pbx-auth/machine/SessionEvent"
import type { SessionView } from "@pbx-auth/machine/SessionView"
import type { AuthError } from "@pbx-auth/providers/AuthError"
import type { Credentials } from "@pbx-auth/providers/Provider"
import * as Effect from "effect/Effect"
import type * as Redacted from "effect/Redacted"
import { guarded } from "../account/Failure.ts"
import type { BrowserWay, Prompt } from "../browser/BrowserWay.ts"
import { tell } from "../watcher/Report.ts"
import type { Attempted, Options } from "./Core.ts"
import { Handle } from "./Handle.ts"
import * as OwnRecord from "./OwnRecord.ts"
import { compact } from "./Rest.ts"
import type { Runtime } from "./Runtime.ts"
import * as SignOuts from "./SignOuts.ts"
import { Source } from "./Source.ts"
import * as Steps from "./Steps.ts"
import * as UserCalls from "./UserCalls.ts"

export type { Snapshot } from "./Chart.ts"

const { core } = Handle

/**
 * A kind of driver, and the options that it takes.
 *
 * @category models
 */
export type Kind<O extends Options> = new (runtime: Runtime, options: O) => Driver

/**
 * One session at work. The typed faces are in `Session`; this is their engine. Each member is one line; the file that it calls
 * documents it.
 *
 * @category models
 */
export class Driver extends Source {
  /** Makes a session and loads what is stored of it. Fails only as `StoreFailed`, and as `Unreadable` if the provider's value throws. */
  static make<O extends Options>(runtime: Runtime, options: O, Kind: Kind<O> = Driver): Attempted<Driver> {
    return guarded(options.account, () => {
      const driver = new Kind(options.account.provider.liveTokens?.keep?.(runtime) ?? runtime, options)
      const made = core(driver)
      return Effect.flatMap(OwnRecord.find(made, options), (restored) => {
        if (restored === undefined) tell(made, () => ({ _tag: "Opened" }))
        else Steps.post(made, restored)
        compact(made)
        return Effect.succeed(driver)
      })
    })
  }

  /** Passes an event to the chart. */
  send(event: SessionEvent): void {
    Steps.send(core(this), event)
  }

  /** See `SignOuts.stands`. */
  get stands(): Attempted<void> {
    return SignOuts.stands(core(this))
  }

  /** Runs a user's or an app's call. A sign-out ends it: it fails as `SignedOut`. */
  untilSignOut<A>(call: Attempted<A>): Attempted<A> {
    return SignOuts.untilSignOut(core(this), call)
  }

  /** See `UserCalls.signIn`. */
  signIn(given?: Credentials | BrowserWay | undefined): Attempted<SessionView> {
    return UserCalls.signIn(core(this), given)
  }

  /** See `UserCalls.prompt`. */
  get prompt(): Attempted<Prompt> {
    return UserCalls.prompt(core(this))
  }

  /** See `UserCalls.submitPasscode`. */
  submitPasscode(passcode: Redacted.Redacted<string>): Attempted<SessionView> {
    return UserCalls.submitPasscode(core(this), passcode)
  }

  /** See `UserCalls.cancel`. */
  get cancel(): Effect.Effect<void> {
    return UserCalls.cancel(core(this))
  }

  /** See `UserCalls.startActing`. */
  startActing(subject: string): Attempted<SessionView> {
    return UserCalls.startActing(core(this), subject)
  }

  /** See `UserCalls.stopActing`. */
  get stopActing(): Effect.Effect<SessionView> {
    return UserCalls.stopActing(core(this))
  }

  /** See `UserCalls.signOut`. */
  get signOut(): Effect.Effect<void> {
    return UserCalls.signOut(core(this))
  }

  /** See `UserCalls.child`. */
  child(subject: string, isKept = (_: AuthError) => false): Attempted<Driver> {
    const parent = core(this)
    const made = Driver.make(parent.runtime, { account: this.account, acting: { subject, parent } })
    return UserCalls.child(parent, subject, made, core, isKept)
  }
}
