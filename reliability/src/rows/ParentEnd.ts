/** The ways in which a session ends that has children. */
import * as Effect from "effect/Effect"
import type { Opened, TimedStage } from "../Stage.ts"
import type { Acting } from "./Acting.ts"

/** How a parent ends. */
export interface ParentEnd {
  readonly name: string
  /** With credentials at hand it would sign in again by itself. */
  readonly isAttended: boolean
  readonly bring: (scene: {
    readonly acting: Acting
    readonly stage: TimedStage
    readonly parent: Opened
    readonly close: Effect.Effect<void>
  }) => Effect.Effect<unknown>
}

export const signsOut: ParentEnd = { name: "signs out", isAttended: false, bring: ({ parent }) => parent.signOut }

export const ends: ReadonlyArray<ParentEnd> = [
  signsOut,
  { name: "is closed", isAttended: false, bring: ({ close }) => close },
  {
    // The tokens of its children are as good as before: only its own call is refused.
    name: "loses its account",
    isAttended: false,
    bring: ({ acting, stage }) => stage.emulator.updateWorld((world) => acting.without(world, acting.dying)),
  },
  {
    name: "has its sign-in revoked",
    isAttended: true,
    bring: ({ stage }) => Effect.andThen(stage.emulator.killRefreshTokens, stage.emulator.killAccessTokens),
  },
]
