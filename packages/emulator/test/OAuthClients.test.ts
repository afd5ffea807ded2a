import { inspect } from "node:util"
import { assert, describe, it } from "@effect/vitest"
import * as Effect from "effect/Effect"
import { type Authentication, clients } from "./OAuthClients.ts"
import { netsapiens as ns, served } from "./Served.ts"

const netsapiens = { id: "your-client-id", secret: "your-client-secret", revokePath: "/ns-api/oauth2/revoke" }
const sangomaCx = { id: "sangoma-client-id", secret: "sangoma-client-secret", tokenPath: "/oauth/token" }
const scopes = ["cx.agent-calls", "cx.queue-calls"]

/** What an error says of itself, and of the reply that is somewhere inside of it. */
const wordsOf = (error: unknown): string => inspect(error, { depth: 6 })

for (const [name, clientAt] of Object.entries(clients)) {
  describe(`${name} at the emulator`, () => {
    for (const tokenPath of ["/ns-api/oauth2/token", "/ns-api/v2/tokens"]) {
      for (const authentication of ["post", "basic"] as const satisfies ReadonlyArray<Authentication>) {
        it.live(`signs in, renews, and revokes at ${tokenPath} by ${authentication}`, () =>
          Effect.gen(function* () {
            const { ask, origin, emulator } = yield* served({ netsapiens: { rotation: "strict" } })
            const client = clientAt({ ...netsapiens, origin, tokenPath, authentication })
            const first = yield* Effect.promise(() => client.password("111@abc-company", "1234"))
            const second = yield* Effect.promise(() => client.refresh(first))
            assert.notStrictEqual(second.refresh, first.refresh)
            assert.strictEqual((yield* ask("/ns-api/", { bearer: second.access })).status, 200)
            yield* Effect.promise(() => client.revoke(second))
            assert.strictEqual((yield* ask("/ns-api/", { bearer: second.access })).status, 401)
            const outcomes = (yield* emulator.journal).map(({ grant, outcome }) => [grant, outcome])
            assert.deepStrictEqual(outcomes.slice(0, 2), [
              ["password", "issued"],
              ["refresh_token", "renewed"],
            ])
          }),
        )

        it.live(`answers a second factor and masquerades at ${tokenPath} by ${authentication}`, () =>
          Effect.gen(function* () {
            const { ask, origin, emulator } = yield* served()
            const client = clientAt({ ...netsapiens, origin, tokenPath, authentication })
            // None of them knows that this is no token yet.
            const challenge = yield* Effect.promise(() => client.password("222@abc-company", "5678"))
            assert.strictEqual((yield* ask("/ns-api/", { bearer: challenge.access })).status, 401)
            const { client_id, client_secret, grant_type, ...answer } = ns.mfa(challenge.access)
            const passed = yield* Effect.promise(() => client.extension("mfa", answer))
            const mask = { mask_uid: "1001@acmecorp.12345.service", access_token: passed.access }
            const masked = yield* Effect.promise(() => client.extension("masquerade", mask))
            assert.strictEqual((yield* ask("/ns-api/", { bearer: masked.access })).fields.uid, mask.mask_uid)
            const outcomes = (yield* emulator.journal).map(({ outcome }) => outcome)
            assert.includeMembers(outcomes, ["challenged", "issued", "masqueraded"])
          }),
        )
      }
    }

    it.live("gets Sangoma CX's token by client credentials", () =>
      Effect.gen(function* () {
        const { ask, origin } = yield* served()
        const client = clientAt({ ...sangomaCx, origin, authentication: "basic" })
        const first = yield* Effect.promise(() => client.clientCredentials(scopes))
        assert.strictEqual((yield* ask("/cx/agent-calls", { bearer: first.access })).status, 200)
        const again = yield* Effect.promise(() => client.clientCredentials(scopes))
        assert.strictEqual(again.access, first.access)
      }),
    )

    it.live("signs in and renews at IPEX, whose client has no secret", () =>
      Effect.gen(function* () {
        const { ask, origin } = yield* served()
        const client = clientAt({ origin, tokenPath: "/token", id: "api", secret: "", authentication: "none" })
        const first = yield* Effect.promise(() => client.password("api-user@example.test", "ipex-password"))
        const second = yield* Effect.promise(() => client.refresh(first))
        assert.strictEqual((yield* ask("/ipbx/calls", { bearer: second.access })).status, 200)
      }),
    )

    it.live("writes Basic as one of the world's two ways has it, with every character that could be reserved", () =>
      Effect.gen(function* () {
        // Printable ASCII, but for the colon: no user-id may have one raw (RFC 7617 section 2).
        const printable = Array.from({ length: 0x7e - 0x20 }, (_, index) => String.fromCharCode(0x21 + index)).join("")
        const odd = { id: printable.replaceAll(":", ""), secret: printable.replaceAll(":", "") }
        const world = (basicEncoding: string) => ({
          netsapiens: { clients: [odd], basicEncoding },
          sangomaCx: { clients: [{ ...odd, scopes }], basicEncoding },
        })
        const isLetIn = Effect.fnUntraced(function* (basicEncoding: string) {
          const { origin } = yield* served(world(basicEncoding))
          const at = (tokenPath: string) => clientAt({ ...odd, origin, tokenPath, authentication: "basic" })
          const asked = [
            at(ns.token).password("111@abc-company", "1234"),
            at(sangomaCx.tokenPath).clientCredentials(scopes),
          ]
          const told = yield* Effect.promise(() => Promise.allSettled(asked))
          return told.map(({ status }) => status === "fulfilled")
        })
        assert.deepStrictEqual(yield* isLetIn("both"), [true, true])
        // All four follow RFC 6749 section 2.3.1 as they are set here.
        assert.deepStrictEqual(yield* isLetIn("form"), [true, true])
        assert.deepStrictEqual(yield* isLetIn("raw"), [false, false])
      }),
    )

    it.live("reports what the vendors say no to", () =>
      Effect.gen(function* () {
        const { origin } = yield* served()
        const setting = { ...netsapiens, origin, tokenPath: ns.token, authentication: "post" } as const
        const client = clientAt(setting)
        const errorOf = (asked: Promise<unknown>) =>
          Effect.flip(Effect.tryPromise({ try: () => asked, catch: wordsOf }))
        assert.include(yield* errorOf(client.password("111@abc-company", "wrong")), "invalid_grant")
        assert.include(yield* errorOf(client.refresh({ access: "a", refresh: "never-issued" })), "invalid_grant")
        assert.include(
          yield* errorOf(clientAt({ ...setting, secret: "wrong" }).password("111@abc-company", "1234")),
          "invalid_client",
        )
        // No page describes these here.
        const code = { code: "abc", redirect_uri: "https://app.example.test/" }
        assert.include(yield* errorOf(client.extension("authorization_code", code)), "invalid_request")
        assert.include(yield* errorOf(client.clientCredentials(scopes)), "invalid_request")
        const cx = clientAt({ ...sangomaCx, origin, authentication: "basic" })
        assert.include(yield* errorOf(cx.extension("authorization_code", code)), "unsupported_grant_type")
        assert.include(yield* errorOf(cx.clientCredentials(["cx.unknown"])), "invalid_scope")
      }),
    )
  })
}
