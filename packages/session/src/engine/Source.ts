/**
 * The part of a session that hands out bearers: of a session, or of a child.
 */

import type { AuthError } from "@pbx-auth/providers/AuthError"
import type { Inspection } from "@pbx-auth/providers/Token"
import type * as Context from "effect/Context"
import type { Bearer } from "../Bearer.ts"
import * as BearerCalls from "./BearerCalls.ts"
import type { Attempted } from "./Core.ts"
import { Handle } from "./Handle.ts"
import * as HandOut from "./HandOut.ts"

const { core } = Handle

/**
 * Each member is one line. The function that it calls documents it.
 *
 * @category models
 */
export abstract class Source extends Handle {
  /** What its calls run with, if the caller has no fiber: the services and the clock of its runtime. */
  get services(): Context.Context<never> {
    return core(this).runtime.services
  }

  /** See `HandOut.bearer`. */
  get bearer(): Attempted<Bearer> {
    return HandOut.bearer(core(this))
  }

  /** Only the token of `bearer`. */
  get accessToken(): Attempted<Bearer["token"]> {
    return HandOut.accessToken(core(this))
  }

  /** The bearer, if it can be handed out at once and is not yet due. */
  peek(): Bearer | undefined {
    return HandOut.peek(core(this))
  }

  /** `bearer` as a promise. All callers that join a presentation get the same promise. */
  joined(): Promise<Bearer> {
    return HandOut.promised(core(this))
  }

  /** The token of `joined` in clear. While it lives, and among all callers that join a presentation, it is the same promise. */
  text(): Promise<string> {
    return HandOut.text(core(this))
  }

  /** See `BearerCalls.reject`. */
  reject(generation: number): AuthError | undefined {
    return BearerCalls.reject(core(this), generation)
  }

  /** See `BearerCalls.confirm`. */
  confirm(generation: number): void {
    BearerCalls.confirm(core(this), generation)
  }

  /** See `BearerCalls.withBearer`. */
  withBearer<A>(call: (bearer: Bearer) => Attempted<A>): Attempted<A> {
    return BearerCalls.withBearer(core(this), call)
  }

  /** See `BearerCalls.inspect`. */
  get inspect(): Attempted<Inspection> {
    return BearerCalls.inspect(core(this))
  }
}
