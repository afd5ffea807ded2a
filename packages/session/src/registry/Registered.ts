/**
 * A session of a registry.
 */

import type { Options as OfSession } from "../engine/Core.ts"
import { Driver } from "../engine/Driver.ts"
import type { Runtime } from "../engine/Runtime.ts"

/**
 * What it is opened with.
 *
 * @category models
 */
export interface Options extends OfSession {
  /** The name under which its registry finds it. */
  readonly name: string
}

/**
 * A driver that knows its name in the registry, so that there is no other object for each session.
 *
 * @category models
 */
export class Registered extends Driver {
  readonly #name: string

  constructor(runtime: Runtime, options: Options) {
    super(runtime, options)
    this.#name = options.name
  }

  /** The name of a session of a registry; `undefined` for anything else, such as a child. */
  static nameOf(held: object | undefined): string | undefined {
    return held instanceof Registered ? held.#name : undefined
  }
}
