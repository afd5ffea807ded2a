/** A vendor that repeats secrets from earlier requests: none of them comes out. */
import { assert, describe, it } from "@effect/vitest"
import * as Effect from "effect/Effect"
import { clear, client, harness, people, subjectOf } from "./Harness.ts"

/** Adds everything that was said so far to each reply of a token endpoint: every form of it is a text that is kept. */
const gossip = () => {
  const heard = new Set<string>()
  const between =
    (fetch: typeof globalThis.fetch): typeof globalThis.fetch =>
    async (input, init) => {
      const reply = await fetch(input, init)
      const object = await reply.json()
      const said = { note: [...heard].join(", "), list: [...heard], scope: `Reseller ${[...heard].join(" ")}` }
      for (const name of ["access_token", "refresh_token"]) if (object[name] !== undefined) heard.add(object[name])
      return Response.json(
        { ...object, ...said, displayName: [...heard][0], site: [...heard][1] },
        { status: reply.status },
      )
    }
  return { between, heard }
}

const names = ["inspect", "bearer"] as const

describe("what a vendor repeats of a session's secrets", () => {
  for (const name of names) {
    it.effect(`is not in ${name === "inspect" ? "an inspection" : "who a bearer is for"}`, () =>
      Effect.gen(function* () {
        const { between, heard } = gossip()
        heard.add(clear(people.reseller.password)).add(client.secret)
        const { accounts, open } = yield* harness({ between })
        const session = yield* open(accounts.skyswitch({ credentials: people.reseller }))
        const first = yield* session.bearer
        yield* session.reject(first.generation)
        yield* session.bearer
        const child = yield* session.actAs(subjectOf.netsapiens)
        const bearer = yield* child.bearer
        yield* child.reject(bearer.generation)
        yield* child.bearer
        const seen = []
        for (const one of [session, child]) {
          const { identity, scope } = yield* one.bearer
          seen.push(name === "inspect" ? yield* one.inspect : { identity, scope })
        }
        assert.isAtLeast(heard.size, 6)
        const text = JSON.stringify(seen)
        // Tokens of the past belong to no session any more.
        const living = [people.reseller.password, (yield* session.bearer).token, (yield* child.bearer).token].map(clear)
        for (const secret of [...living, client.secret]) assert.notInclude(text, secret)
      }).pipe(Effect.scoped),
    )
  }
})
