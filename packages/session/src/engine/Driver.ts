/**
 * Makes a session happen. This file is the way in: what a session can do, and in which file it is done.
 *
 * **The way of an event.** A caller hands it to `Steps.send`. It waits in the inbox until the step before it is over. `Chart` says where
 * it leads, and which commands follow. `Steps` carries them out: it sets the alarm, or has `Flights` present something. Then the
 * listeners are told (`News`). When a presentation ends, its `Flights` puts what it brought into `Secrets`, and the next event into the
 * inbox. What nobody needs any more is let go (`Rest`).
 *
 * **The way of a token.** `Presentation` makes the request, under a `Claim` on the record that several processes may share. The reply's
 * token goes into `Secrets` and into the store; the chart learns its times alone. `HandOut` makes a bearer of both, once (`Ready`), and
 * hands it out until it is due. A caller that comes when there is none asks the chart for one, and waits with all others (`Waiting`).
 *
 * All of them are functions over one record, `Core`; most of it is `Work`, which an idle session does not have.
 */

import type { SessionEvent } from "@pbx-auth/machine/SessionEvent"
import type { SessionView } from "@pbx-auth/machine/SessionView"
import type { AuthError } from "@pbx-auth/providers/AuthError"
import type { Credentials } from "@pbx-auth/providers/Provider"
import * as Effect from "effect/Effect"
import type * as Redacted from "effect/Redacted"
import type { Attempted, Options } from "./Core.ts"
import { Handle } from "./Handle.ts"
import * as News from "./News.ts"
import * as Records from "./Records.ts"
import { compact } from "./Rest.ts"
import type { Runtime } from "./Runtime.ts"
import * as SignOuts from "./SignOuts.ts"
import { Source } from "./Source.ts"
import * as Steps from "./Steps.ts"
import * as UserCalls from "./UserCalls.ts"

export type { Snapshot } from "./Chart.ts"

const { core } = Handle

/**
 * One session at work. The typed faces are in `Session`; this is their engine. Each member is one line; what it does is told where the
 * line leads.
 *
 * @category models
 */
export class Driver extends Source {
  /** Makes a session and takes up what is stored of it. Fails as `StoreFailed` alone. */
  static make(runtime: Runtime, options: Options): Attempted<Driver> {
    return Effect.suspend(() => {
      const driver = new Driver(runtime, options)
      const made = core(driver)
      return Effect.map(Records.find(made, options.refreshToken), (restored) => {
        if (restored === undefined) News.tell(made, () => ({ _tag: "Opened" }))
        else Steps.post(made, restored)
        compact(made)
        return driver
      })
    })
  }

  /** Hands an event to the chart. */
  send(event: SessionEvent): void {
    Steps.send(core(this), event)
  }

  /** See `SignOuts.stands`. */
  get stands(): Attempted<void> {
    return SignOuts.stands(core(this))
  }

  /** Runs what somebody asks for. A sign-out ends it: it fails as `SignedOut`. */
  untilSignOut<A>(call: Attempted<A>): Attempted<A> {
    return SignOuts.untilSignOut(core(this), call)
  }

  /** See `UserCalls.signIn`. */
  signIn(credentials?: Credentials | undefined): Attempted<SessionView> {
    return UserCalls.signIn(core(this), credentials)
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
