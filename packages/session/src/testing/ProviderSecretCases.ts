/** No secret comes out: neither by what works, nor by what is refused. */
import type { AuthError } from "@pbx-auth/providers/AuthError"
import * as Grant from "@pbx-auth/providers/Grant"
import type { Capability, Configured } from "@pbx-auth/providers/Provider"
import * as Cause from "effect/Cause"
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import * as Logger from "effect/Logger"
import * as Redacted from "effect/Redacted"
import * as References from "effect/References"
import * as Result from "effect/Result"
import * as SessionActor from "../SessionActor.ts"
import { type Presented, played, refusalStyles, saidOf, shown, signInGrant } from "./ProviderExchange.ts"
import { type AnySession, bearerOf, type Case, secretsOf, sessionOf, stage, type Tried } from "./ProviderStage.ts"
import { tracing } from "./Tracing.ts"

/** Keeps every span, and every line of the log at every level. */
const recording = () => {
  const lines: Array<string> = []
  const traced = tracing()
  const logger = Logger.make(({ cause, message }) => {
    lines.push(JSON.stringify(message), Cause.pretty(cause))
  })
  const layer = Layer.mergeAll(traced.layer, Logger.layer([logger]), Layer.succeed(References.MinimumLogLevel, "Trace"))
  const seen = () => [
    ...lines,
    ...traced.spans.map(({ attributes, events, name }) => JSON.stringify([name, [...attributes], events])),
  ]
  return { layer, seen }
}

/** Tries something, and keeps what anybody may see of its outcome. */
const tried = <A, R>(said: Array<string>, effect: Effect.Effect<A, AuthError, R>) =>
  Effect.tap(Effect.result(effect), (outcome) => Effect.sync(() => said.push(saidOf(outcome))))

/** Everything that a session can do, once. What works must work. */
const walked = Effect.fnUntraced(function* (
  on: Tried,
  session: AnySession,
  jump: (ms: number) => Effect.Effect<unknown>,
) {
  const { assert, fixtures } = on
  const said: Array<string> = []
  const look = Effect.map(session.view, (view) => {
    const actor = SessionActor.of(session)
    said.push(JSON.stringify(view), JSON.stringify(actor.getPersistedSnapshot()))
  })
  const works = Effect.fnUntraced(function* <A, R>(what: string, effect: Effect.Effect<A, AuthError, R>) {
    const outcome = yield* tried(said, effect)
    yield* look
    assert.strictEqual(Result.isSuccess(outcome), true, `${what}: ${saidOf(outcome)}`)
  })
  if (session.submitPasscode && fixtures.passcode !== undefined) {
    yield* tried(said, session.signIn())
    yield* look
    yield* tried(said, session.submitPasscode(Redacted.make("a-wrong-passcode")))
    yield* look
  }
  yield* works("sign in", bearerOf(session, fixtures))
  yield* jump(fixtures.lifetime)
  yield* works("renew", bearerOf(session, fixtures))
  if (session.inspect) yield* works("inspect", session.inspect)
  if (session.actAs) {
    yield* works(
      "act for somebody",
      Effect.flatMap(session.actAs(fixtures.subject ?? ""), ({ bearer }) => bearer),
    )
    yield* tried(said, session.actAs("a-subject-that-is-not-there"))
  }
  yield* session.signOut
  yield* look
  return said
})

const working = (on: Tried): Case => ({
  name: "shows no secret in a snapshot, an error, a span or the log, whatever it does",
  run: () => {
    const { layer, seen } = recording()
    return Effect.gen(function* () {
      const { accounts, jump, minted, process, vendor } = yield* stage(on)
      const [configured] = accounts
      const said = yield* (yield* process)(
        Effect.scoped(Effect.flatMap(sessionOf(configured), (session) => walked(on, session, jump))),
      )
      const secrets = [...minted, ...secretsOf(configured), on.fixtures.passcode ?? "", "a-wrong-passcode"]
      on.assert.strictEqual(shown([...said, ...seen()], secrets, configured), 0, "secrets are shown")
      if (!on.provider.capabilities.has("revoke")) return
      const journal = yield* Effect.promise(vendor.journal)
      on.assert.strictEqual(journal.at(-1)?.outcome, "revoked", "the sign-out revokes")
    }).pipe(Effect.provide(layer))
  },
})

const made = (name: string) => Redacted.make(`a-made-up-${name}`)

/** Everything that this provider can be asked, each with its secrets. */
const questionsOf = ({ provider }: Tried, configured: Configured): ReadonlyArray<Presented> => {
  const { grants, inspection, revocation } = provider.dialect
  const can = provider.capabilities
  const challenge = { token: made("challenge"), vendor: "google", type: "authenticator", lifetime: 60_000 }
  return [
    signInGrant(configured),
    ...(grants.DeviceCode ? [Grant.deviceCode(made("device-code"))] : []),
    ...(grants.AuthorizationCode ? [Grant.authorizationCode(made("code"), made("verifier"), "https://app.test")] : []),
    ...(grants.RefreshToken ? [Grant.refreshToken(made("refresh-token"))] : []),
    ...(can.has("passcode") ? [Grant.passcode(challenge, made("passcode"), configured.credentials)] : []),
    ...(can.has("act_as") ? [Grant.actAs("1001@acmecorp.12345.service", made("bearer"))] : []),
    ...(can.has("act_as") ? [Grant.actAs("somebody@example.test", made("bearer"))] : []),
    ...(inspection && can.has("inspect") ? [{ _tag: "Inspect", bearer: made("bearer") } as const] : []),
    ...(revocation && can.has("revoke") ? [{ _tag: "Revoke", bearer: made("bearer") } as const] : []),
  ]
}

/** The secrets of everything that `questionsOf` asks. */
const madeUp = ["challenge", "device-code", "code", "verifier", "refresh-token", "passcode", "bearer"].map((name) =>
  Redacted.value(made(name)),
)

const refused = (on: Tried): ReadonlyArray<Case> =>
  refusalStyles.map(({ name, replies }) => ({
    name: `reads a refusal as ${name} as a typed error without a secret, whatever was asked`,
    run: () => {
      const { layer, seen } = recording()
      const [configured] = on.fixtures.accounts
      return Effect.gen(function* () {
        const said: Array<string> = []
        for (const question of questionsOf(on, configured)) {
          for (const reply of replies) {
            const { outcome } = yield* played(configured, question, reply)
            on.assert.strictEqual(Result.isFailure(outcome), true, `${question._tag} passed for a success`)
            if (Result.isFailure(outcome)) on.assert.strictEqual(outcome.failure._tag, "AuthError")
            said.push(saidOf(outcome))
          }
        }
        const secrets = [...madeUp, ...secretsOf(configured)]
        on.assert.strictEqual(shown([...said, ...seen()], secrets, configured), 0, "secrets are shown")
      }).pipe(Effect.provide(layer))
    },
  }))

const inUrl = (on: Tried): Case => ({
  name: "sends no secret in a URL, but where its page does",
  run: Effect.fnUntraced(function* () {
    const [configured] = on.fixtures.accounts
    const settings = JSON.stringify(configured.account.settings)
    const isPrinted = ({ _tag }: Presented) =>
      on.fixtures.exchanges.some(
        ({ account = configured, grant, request }) =>
          grant._tag === _tag &&
          JSON.stringify(account.account.settings) === settings &&
          Object.values(grant).some(
            (part) =>
              Redacted.isRedacted(part) &&
              Object.values(request.query ?? {}).some((text) => text === Redacted.value(part)),
          ),
      )
    for (const question of questionsOf(on, configured)) {
      const { sent } = yield* played(configured, question, { status: 503, body: "" })
      if (isPrinted(question)) continue
      const secrets = [...madeUp, ...secretsOf(configured)]
      on.assert.strictEqual(shown([sent?.url ?? ""], secrets, configured), 0, `a secret in the URL of ${question._tag}`)
    }
  }),
})

/** All of them. */
export const secretCases = <C extends Capability>(on: Tried<C>): ReadonlyArray<Case> => {
  const any = on as unknown as Tried
  return [working(any), inUrl(any), ...refused(any)]
}
