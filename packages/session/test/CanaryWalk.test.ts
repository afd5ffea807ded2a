/** The walk finds a secret where there is one. */
import { assert, describe, it } from "@effect/vitest"
import * as Effect from "effect/Effect"
import * as Redacted from "effect/Redacted"
import { leaked } from "./Leak.ts"

describe("the walk finds what is there", () => {
  const secret = "planted-secret"
  class Holder {
    readonly #hidden: string
    constructor(hidden: string) {
      this.#hidden = hidden
    }
    get shown() {
      return this.#hidden
    }
  }
  const planted: ReadonlyArray<readonly [string, unknown]> = [
    ["a property", { deep: [{ er: secret }] }],
    ["a symbol's property", { [Symbol("x")]: secret }],
    ["a symbol", Symbol(secret)],
    ["a hidden property", Object.defineProperty({}, "x", { value: secret, enumerable: false })],
    ["a getter of a prototype", new Holder(secret)],
    ["an error's cause", new Error("x", { cause: secret })],
    ["an error's stack", Object.assign(new Error("x"), { stack: `at ${secret}` })],
    ["a map's key", new Map([[secret, 1]])],
    ["bytes", { body: new TextEncoder().encode(`a=${secret}`) }],
    ["base64", { header: `Basic ${btoa(secret)}` }],
    ["a property of a function", Object.assign(() => {}, { x: secret })],
    ["an effect that is done", Effect.succeed({ token: secret })],
    ["headers", new Headers({ authorization: secret })],
  ]
  for (const [name, value] of planted) {
    it(name, () => assert.deepStrictEqual(leaked(value, [secret]), [secret]))
  }

  it("and not what is kept", () => {
    class Keeper {
      readonly #kept: string = secret
      readonly has = () => this.#kept !== ""
    }
    assert.isEmpty(leaked([new Keeper(), Redacted.make(secret), Effect.succeed(Redacted.make(secret))], [secret]))
  })
})
