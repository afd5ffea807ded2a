/** Plays a row of docs/test-values.md: the real library beside the emulator, in one process, with a clock that only the play moves. */
import * as Emulator from "@pbx-auth/emulator/Emulator"
import { decodeNotation, type Rule } from "@pbx-auth/emulator/Fault"
import type { JournalEntry } from "@pbx-auth/emulator/Journal"
import * as SteerableClock from "@pbx-auth/emulator/SteerableClock"
import { decodeWorld, defaultWorld } from "@pbx-auth/emulator/World"
import type { SessionView } from "@pbx-auth/machine/SessionView"
import { type AuthError, isAuthError } from "@pbx-auth/providers/AuthError"
import * as FetchTransport from "@pbx-auth/providers/FetchTransport"
import * as Ipex from "@pbx-auth/providers/Ipex"
import * as Landstar from "@pbx-auth/providers/Landstar"
import type { Capability, Configured } from "@pbx-auth/providers/Provider"
import * as SangomaCx from "@pbx-auth/providers/SangomaCx"
import * as SkySwitch from "@pbx-auth/providers/SkySwitch"
import { TokenEndpoint } from "@pbx-auth/providers/TokenEndpoint"
import * as BearerHttpClient from "@pbx-auth/session/BearerHttpClient"
import * as Session from "@pbx-auth/session/Session"
import { SessionRuntime } from "@pbx-auth/session/SessionRuntime"
import * as Clock from "effect/Clock"
import * as Effect from "effect/Effect"
import * as Fiber from "effect/Fiber"
import * as FetchHttpClient from "effect/http/FetchHttpClient"
import * as Layer from "effect/Layer"
import * as Redacted from "effect/Redacted"
import * as Result from "effect/Result"
import { ipex, landstar, sangomaCx, skySwitch } from "../playground/Provider.ts"
import { type FaultId, faults, type Step, type TestRow } from "./TestRow.ts"

/** What a row came to. */
export interface Played {
  /** The reason of the last step's error, or what the step brought. */
  readonly outcome: string
  readonly error: AuthError["reason"]["_tag"] | undefined
  /** The path of the state; none where the session did not open. */
  readonly state: string | undefined
  /** What the provider saw during the last step: each request, and its outcome. */
  readonly seen: ReadonlyArray<string>
}

const origin = "http://127.0.0.1:1"
const world = defaultWorld

const passwords = new Map<string, string | undefined>([
  ...world.netsapiens.accounts.map(
    ({ domain, extension, password }) => [`${extension}@${domain.split(".")[0]}`, password] as const,
  ),
  ...world.ipex.accounts.map(({ email, password }) => [email, password] as const),
])
const passcode = world.netsapiens.accounts.flatMap(({ mfa }) => mfa?.passcode ?? [])[0] ?? ""

const subjects = {
  [skySwitch]: "1001@acmecorp.12345.service",
  [ipex]: "someone@example.test",
  [landstar]: "",
  [sangomaCx]: "",
}
const unknownSubjects = { ...subjects, [skySwitch]: "100@nowhere.12345.service", [ipex]: "nobody@example.test" }
const paths = {
  [skySwitch]: { token: "/ns-api/oauth2/token", api: "/ns-api/?object=subscriber&action=read" },
  [landstar]: { token: "/ns-api/oauth2/token", api: "/ns-api/?object=subscriber&action=read" },
  [ipex]: { token: undefined, api: "/ipbx/calls" },
  [sangomaCx]: { token: undefined, api: "/cx/agent-calls" },
}

const personOf = ({ account }: TestRow, wrong = false) => ({
  username: account,
  password: Redacted.make(wrong ? "not-the-password" : (passwords.get(account) ?? "")),
})

const configured = (row: TestRow): Result.Result<Configured<Capability>, AuthError> => {
  const { beyond = {}, mode, provider } = row
  const address = beyond.option === "address" ? "http://pbx.example.com" : origin
  const secret = beyond.option === "client" ? "not-the-secret" : world.netsapiens.clients[0]?.secret
  const client = { id: world.netsapiens.clients[0]?.id ?? "", secret: secret ?? "" }
  const more = { address, ...(mode === "unattended" && { credentials: personOf(row) }) }
  switch (provider) {
    case skySwitch:
      return SkySwitch.configure({ ...more, client })
    case landstar:
      return Landstar.configure({ ...more, client })
    case ipex:
      return Ipex.configure(more)
    case sangomaCx: {
      const [known = { id: "", secret: "", scopes: [] }] = world.sangomaCx.clients
      return SangomaCx.configure({
        address,
        client: { id: known.id, secret: beyond.option === "client" ? "not-the-secret" : known.secret },
        scopes: beyond.option === "scopes" ? ["cx.not-granted"] : known.scopes,
      })
    }
  }
}

const worldOf = ({ beyond, rotation = "none" }: TestRow) =>
  decodeWorld(beyond?.world ?? { netsapiens: { rotation }, ipex: { rotation } })

/**
 * Turns of the event loop: everything that is ready runs. A session hashes by Web Crypto, in another thread; a hash that begins later
 * ends later.
 */
const settle = Effect.promise(async () => {
  for (let turn = 1; turn <= 12; turn++) {
    await new Promise<void>((resolve) => setImmediate(resolve))
    if (turn % 3 === 0) await crypto.subtle.digest("SHA-256", new Uint8Array(1))
  }
})

const isTaking = (step: Step) => step === "due" || step === "end"

/** The step's request, or nothing for a jump. */
const asked = (row: TestRow, pbx: Session.Of<Capability>, step: Step): Effect.Effect<string, AuthError> => {
  const signIn = (wrong: boolean) => (row.mode === "unattended" ? pbx.signIn() : pbx.signIn(personOf(row, wrong)))
  const passcodeWith = (text: string) => pbx.submitPasscode(Redacted.make(text))
  const isIn = (view: SessionView) => (view.state === "mfa_required" ? "a passcode is asked for" : "signed in")
  switch (step) {
    case "sign-in":
      return Effect.map(signIn(false), isIn)
    case "wrong-password":
      return Effect.map(signIn(true), isIn)
    case "passcode":
      return Effect.map(passcodeWith(passcode), isIn)
    case "wrong-passcode":
      return Effect.map(passcodeWith("000000"), isIn)
    case "token":
      return Effect.map(pbx.bearer, ({ generation }) => `token ${generation}`)
    case "inspect":
      return Effect.map(pbx.inspect, ({ scope }) => `inspected: ${scope}`)
    case "act-as": {
      const all = row.beyond?.option === "subject" ? unknownSubjects : subjects
      return Effect.map(pbx.startActing(all[row.provider]), ({ subject }) => `acts for ${subject}`)
    }
    case "sign-out":
      return Effect.as(pbx.signOut, "signed out")
    default:
      return Effect.die(new Error(`${step} is no request`))
  }
}

/** Plays a row to its end. */
export const play = (row: TestRow): Promise<Played> => Effect.runPromise(Effect.scoped(playing(row)))

const playing = Effect.fnUntraced(function* (row: TestRow) {
  const clock = yield* SteerableClock.make()
  const timed = Effect.provideService(Clock.Clock, clock)
  const emulator = yield* timed(Emulator.make({ world: yield* worldOf(row) }))
  const runtime = SessionRuntime.layer.pipe(
    Layer.provide(TokenEndpoint.layer),
    Layer.provide(FetchTransport.layer(emulator.fetch)),
  )
  const http = Layer.provide(FetchHttpClient.layer, Layer.succeed(FetchHttpClient.Fetch, emulator.fetch))

  const rule = (fault: Rule["fault"]): Rule => {
    const path = paths[row.provider].token
    return { fault, ...(path !== undefined && { match: { path } }) }
  }
  const options = configured(row)
  if (Result.isFailure(options)) return failed(options.failure, undefined, [])
  const context = yield* timed(Layer.build(Layer.merge(runtime, http)))
  const pbx = yield* timed(Effect.provideContext(Session.make(options.success), context))

  const call = Effect.provideContext(
    Effect.gen(function* () {
      const client = yield* BearerHttpClient.make(pbx)
      const { status } = yield* client.get(`${origin}${paths[row.provider].api}`)
      return `the API answers ${status}`
    }),
    context,
  )

  /** Lets time pass by seconds until it is done; nothing here takes two minutes. */
  const inTime = Effect.fnUntraced(function* <A, E>(effect: Effect.Effect<A, E>) {
    const fiber = yield* Effect.forkScoped(timed(effect))
    for (let seconds = 0; seconds < 120; seconds++) {
      yield* settle
      if (fiber.pollUnsafe() !== undefined) break
      yield* clock.adjust("1 second")
    }
    return yield* Effect.result(Fiber.join(fiber))
  })

  const jump = Effect.fnUntraced(function* (step: Step) {
    const { dueAt, expiresAt, generation } = yield* pbx.view
    const until = (step === "due" ? (dueAt ?? expiresAt) : expiresAt) ?? clock.currentTimeMillisUnsafe()
    // A little beyond: the provider began to count a moment after the session asked.
    yield* clock.adjust(Math.max(0, until - clock.currentTimeMillisUnsafe()) + 1_000)
    yield* inTime(
      Effect.gen(function* () {
        for (;;) {
          const { awaiting } = yield* pbx.view
          if (awaiting !== "provider") return
          yield* Effect.sleep("500 millis")
        }
      }),
    )
    const view = yield* pbx.view
    return view.refusal === null
      ? view.generation === generation
        ? "nothing happens"
        : `token ${view.generation}`
      : `refused: ${view.refusal.code}`
  })

  const arm = (faultOf: Rule) => Effect.asVoid(emulator.faults.arm(faultOf))
  let before = 0
  let last: Result.Result<string, unknown> = Result.succeed("")
  for (const [index, step] of row.steps.entries()) {
    if (step.startsWith("fault.")) {
      yield* arm(rule(faults[step.slice("fault.".length) as FaultId]))
      continue
    }
    if (index === row.steps.length - 1 && row.beyond?.fault !== undefined) {
      const { fault, ...rest } = yield* decodeNotation(row.beyond.fault)
      yield* arm(fault._tag === "reset_on_accept" ? { fault, ...rest } : { ...rest, ...rule(fault) })
    }
    before = (yield* emulator.journal).length
    last = isTaking(step)
      ? Result.succeed(yield* jump(step))
      : yield* inTime(step === "call" ? call : asked(row, pbx as Session.Of<Capability>, step))
  }
  yield* settle
  const seen = (yield* emulator.journal).slice(before).map(inWords)
  const { path } = yield* pbx.view
  if (Result.isSuccess(last)) {
    const [, code] = /^refused: (\w+)$/.exec(last.success) ?? []
    return { outcome: code ?? last.success, error: code as Played["error"], state: path, seen }
  }
  if (isAuthError(last.failure)) return failed(last.failure, path, seen)
  return yield* Effect.die(last.failure)
})

const failed = ({ reason, remedy }: AuthError, state: string | undefined, seen: ReadonlyArray<string>): Played => ({
  outcome: `${reason._tag} → ${remedy}`,
  error: reason._tag,
  state,
  seen,
})

const inWords = ({ fault, grant, outcome, path, status }: JournalEntry): string =>
  `${grant ?? path} ${status === 0 ? "no reply" : status}${fault === undefined ? ` ${outcome}` : ` (${fault}${outcome === "not carried out" ? "" : `, ${outcome}`})`}`
