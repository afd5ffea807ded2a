/** FreePBX against its witness, over HTTP, at two releases of its module: an application by itself, and one for a person. */
import { assert, describe, it } from "@effect/vitest"
import { witness } from "@pbx-auth/emulator/witnesses/FreePbx"
import { delegated, provider as freepbx } from "@pbx-auth/providers/FreePbx"
import * as Effect from "effect/Effect"
import { clear, reaches } from "./Harness.ts"
import { stage } from "./VendorStage.ts"

const client = { id: "freepbx-client-id", secret: "freepbx-client-secret" }
const web = { id: "freepbx-web-id", secret: "freepbx-web-secret" }

type Stage = Effect.Success<ReturnType<typeof stage>>

/** The refresh token of a person's consent, past the library. */
const consented = ({ ask }: Pick<Stage, "ask">, code = "freepbx-code-1") =>
  Effect.map(
    ask("/admin/api/api/token", {
      method: "POST",
      body: new URLSearchParams({
        client_id: web.id,
        client_secret: web.secret,
        grant_type: "authorization_code",
        code,
      }),
    }),
    ({ fields }) => String(fields.refresh_token),
  )

for (const release of [16, 17] as const) {
  describe(`FreePBX, release ${release} of its module`, () => {
    it.live("signs an application in by itself, with and without scopes, and again before the end", () =>
      Effect.gen(function* () {
        const { address, clock, presented, session, wire } = yield* stage(witness, { release })
        const plain = yield* session(freepbx.configure({ address, client }))
        const first = yield* plain.bearer
        assert.isFalse(new URLSearchParams(wire[0]?.body).has("scope"))
        const narrow = yield* session(freepbx.configure({ address, client, scopes: ["gql:core"] }))
        assert.notStrictEqual(clear((yield* narrow.bearer).token), clear(first.token))
        assert.strictEqual(new URLSearchParams(wire[1]?.body).get("scope"), "gql:core")

        yield* clock.adjust("61 minutes")
        assert.notStrictEqual(clear((yield* plain.bearer).token), clear(first.token))
        assert.isTrue(presented().every((grant) => grant === "client_credentials"))
      }),
    )

    it.live("tells a wrong client, a scope that it may not have, and an application of another kind", () =>
      Effect.gen(function* () {
        const { address, session } = yield* stage(witness, { release })
        const refused = (options: Parameters<typeof freepbx.configure>[0]) =>
          Effect.flatMap(session(freepbx.configure(options)), (pbx) => Effect.flip(pbx.bearer))
        const wrong = yield* refused({ address, client: { ...client, secret: "another" } })
        assert.deepInclude({ ...wrong.reason }, { _tag: "ClientRefused", code: "invalid_client", status: 401 })
        const wide = yield* refused({ address, client, scopes: ["nothing"] })
        assert.deepInclude({ ...wide.reason }, { _tag: "Misconfigured", field: "scopes" })
        assert.strictEqual((yield* refused({ address, client: web })).reason._tag, "ClientRefused")
      }),
    )

    it.live("keeps a person's session by its refresh token, which is replaced each time", () =>
      Effect.gen(function* () {
        const { address, clock, presented, process, session, told, wire, ...more } = yield* stage(witness, { release })
        const refreshToken = yield* consented(more)
        const pbx = yield* session(delegated.configure({ address, client: web, refreshToken }))
        yield* pbx.bearer
        for (let hour = 0; hour < 3; hour++) {
          yield* clock.adjust("61 minutes")
          yield* pbx.bearer
        }
        const shown = wire
          .map(({ body }) => new URLSearchParams(body).get("refresh_token"))
          .filter((one) => one !== null)
        assert.strictEqual(shown[0], refreshToken)
        assert.strictEqual(new Set(shown).size, shown.length, "none is presented twice")
        assert.isTrue(
          told()
            .slice(1)
            .every((one) => one === "renewed"),
        )

        // A second process begins with the same text, and takes up what followed it.
        const again = yield* session(delegated.configure({ address, client: web, refreshToken }), yield* process)
        assert.strictEqual(clear((yield* again.bearer).token), clear((yield* pbx.bearer).token))
        assert.isTrue(presented().every((grant) => grant === "refresh_token"))
      }),
    )

    it.live("needs the person when the refresh token is refused, and never works as the application instead", () =>
      Effect.gen(function* () {
        const { address, clock, killRefresh, presented, session, told, ...more } = yield* stage(witness, { release })
        const refreshToken = yield* consented(more)
        const pbx = yield* session(delegated.configure({ address, client: web, refreshToken }))
        yield* pbx.bearer
        killRefresh()
        yield* clock.adjust("61 minutes")
        const { reason, remedy } = yield* Effect.flip(pbx.bearer)
        assert.deepInclude({ ...reason }, { _tag: "RenewalRefused", code: "invalid_request", status: 401 })
        assert.strictEqual(remedy, "sign_in")
        yield* reaches(pbx, "unauthenticated.idle")
        assert.deepStrictEqual(presented(), ["refresh_token", "refresh_token"])
        assert.strictEqual(told().at(-1), "refused: bad refresh token")
      }),
    )
  })
}

describe("FreePBX", () => {
  it.live("keeps two hosts, two applications and two persons apart", () =>
    Effect.gen(function* () {
      const one = yield* stage(witness)
      const two = yield* stage(witness)
      const person = (address: string, refreshToken: string) =>
        Effect.flatMap(one.session(delegated.configure({ address, client: web, refreshToken })), (pbx) => pbx.bearer)
      const machine = (address: string) =>
        Effect.flatMap(one.session(freepbx.configure({ address, client })), (pbx) => pbx.bearer)
      const tokens = [
        yield* person(one.address, yield* consented(one)),
        yield* person(one.address, yield* consented(one, "freepbx-code-2")),
        yield* person(two.address, yield* consented(two)),
        yield* machine(one.address),
        yield* machine(two.address),
      ].map(({ token }) => clear(token))
      assert.strictEqual(new Set(tokens).size, 5)
      const who = (token = "") =>
        Effect.map(
          one.ask("/admin/api/api/gql", { headers: { authorization: `Bearer ${token}` } }),
          ({ fields }) => (fields.data as { readonly who?: string } | undefined)?.who,
        )
      assert.deepStrictEqual(yield* Effect.all(tokens.map(who)), ["maria", "noor", undefined, client.id, undefined])
    }),
  )
})
