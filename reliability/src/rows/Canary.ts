/** Secrets that must not be found anywhere. */

import { decodeWorld } from "@pbx-auth/emulator/World"
import * as Ipex from "@pbx-auth/providers/Ipex"
import type { Capability, Configured, Credentials } from "@pbx-auth/providers/Provider"
import * as SangomaCx from "@pbx-auth/providers/SangomaCx"
import * as SkySwitch from "@pbx-auth/providers/SkySwitch"
import * as Cause from "effect/Cause"
import * as Effect from "effect/Effect"
import * as Exit from "effect/Exit"
import * as Layer from "effect/Layer"
import * as Logger from "effect/Logger"
import * as Redacted from "effect/Redacted"
import * as References from "effect/References"
import * as Result from "effect/Result"
import * as Tracer from "effect/Tracer"
// It looks into every property, own and hidden, and into JSON, `util.inspect`, base64 and form encoding.
import { leaked } from "../../../packages/providers/test/Leak.ts"
import { Driver, type Snapshot } from "../../../packages/session/src/engine/Driver.ts"
import { Notes } from "../Finding.ts"
import { scaled } from "../Lab.ts"
import type { Row } from "../Row.ts"
import * as Stage from "../Stage.ts"
import { subjects } from "../Vendor.ts"
import { faults } from "./EveryFault.ts"

const canaries = {
  clientSecret: "canary-client-secret-3f1c",
  password: "canary-pass&word+1%-77ab",
  wrongPassword: "canary-wrong-password-91de",
  passcode: "canary-passcode-5520",
  wrongPasscode: "canary-wrong-passcode-8a41",
} as const

const domain = "acmecorp.12345.service"
const { clientSecret, password } = canaries

const world = {
  netsapiens: {
    clients: [{ id: "canary-client", secret: clientSecret }],
    domains: [domain],
    accounts: [
      { extension: "1000", domain, password, scope: "Reseller", reply: "long" },
      { extension: "1001", domain, scope: "Basic User" },
      {
        extension: "1002",
        domain,
        password,
        scope: "Reseller",
        mfa: { vendor: "google", type: "authenticator", passcode: canaries.passcode },
      },
    ],
  },
  ipex: {
    accounts: [
      { email: "api-user@example.test", password, impersonation: true },
      { email: "someone@example.test", impersonation: false },
    ],
  },
  sangomaCx: { clients: [{ id: "canary-client", secret: clientSecret, scopes: ["cx.agent-calls"] }] },
}

const person = (username: string, secret: string = password): Credentials => ({
  username,
  password: Redacted.make(secret),
})

interface Account {
  readonly name: string
  readonly configured: (address: string) => Configured<Capability>
  readonly right: Credentials | undefined
  readonly wrong: Credentials | undefined
  readonly subject: string | undefined
}

const client = { id: "canary-client", secret: clientSecret }
const deadline = 300

const accounts: ReadonlyArray<Account> = [
  {
    name: "SkySwitch",
    configured: (address) => Result.getOrThrow(SkySwitch.configure({ address, client, deadline })),
    right: person("1000@acmecorp"),
    wrong: person("1000@acmecorp", canaries.wrongPassword),
    subject: subjects.netsapiens,
  },
  {
    name: "SkySwitch by GET, with a second factor",
    configured: (address) =>
      Result.getOrThrow(
        SkySwitch.configure({ address, client, deadline, refreshMethod: "GET", passcodeRepeatsCredentials: true }),
      ),
    right: person("1002@acmecorp"),
    wrong: person("1002@acmecorp", canaries.wrongPassword),
    subject: subjects.netsapiens,
  },
  {
    name: "IPEX",
    configured: (address) => Result.getOrThrow(Ipex.configure({ address, deadline })),
    right: person("api-user@example.test"),
    wrong: person("api-user@example.test", canaries.wrongPassword),
    subject: subjects.ipex,
  },
  {
    name: "Sangoma CX",
    configured: (address) =>
      Result.getOrThrow(SangomaCx.configure({ address, client, deadline, scopes: ["cx.agent-calls"] })),
    right: undefined,
    wrong: undefined,
    subject: undefined,
  },
]

/** What anyone may see of a snapshot. The chart itself, which hangs on it, is the same for all. */
const shownOf = (snapshot: Snapshot) => [JSON.stringify(snapshot), snapshot.value, snapshot.context]

/** Keeps every span and every log entry, with all that it was given. */
const recording = () => {
  const spans: Array<unknown> = []
  const logs: Array<unknown> = []
  const tracer = Tracer.make({
    span: (options) => {
      const span = new Tracer.NativeSpan(options)
      spans.push([span.name, span.attributes, span.links, span.events])
      return span
    },
  })
  const logger = Logger.make(({ cause, date, fiber, logLevel, message }) => {
    logs.push([message, cause, date, logLevel, fiber.getRef(References.CurrentLogAnnotations)])
  })
  const layer = Layer.mergeAll(
    Layer.succeed(Tracer.Tracer, tracer),
    Logger.layer([logger]),
    Layer.succeed(References.MinimumLogLevel, "All"),
  )
  return { spans, logs, layer }
}

const tokensIn = (text: string): ReadonlyArray<string> =>
  [...text.matchAll(/"(?:access|refresh)_token"\s*:\s*"([\x21\x23-\x7e]{8,})"/g)].map(([, token = ""]) => token)

export const canary: Row = {
  id: "R19",
  fault: "canary secrets through every path",
  bar: "0 found in logs, spans, errors, snapshots, journal, `util.inspect`, JSON",
  others: "leaks in most",
  means:
    "The row searches for passwords, passcodes, client secrets and all tokens of the wire in everything that a whole session shows, at three vendors and under every fault. It searches every property, own or hidden, in clear, in base64 and form-encoded.",
  run: (lab) =>
    Effect.gen(function* () {
      const notes = new Notes(lab)
      yield* Effect.orDie(decodeWorld(world))
      const chosen = [
        undefined,
        ...faults.filter((_, index) => index % scaled(lab, { smoke: 32, short: 4, full: 1 }) === 0),
      ]
      const found = new Set<string>()
      let looked = 0
      for (const account of accounts) {
        for (const fault of chosen) {
          const { layer, logs, spans } = recording()
          const secrets = new Set<string>(Object.values(canaries))
          const isHeavy = fault !== undefined && /_body|trickle/.test(fault._tag)
          // A request that hangs by itself must not be waited for; a socket has nothing to add to it.
          const wire = fault !== undefined && /hang|trickle|delay/.test(fault._tag) ? "process" : "socket"
          const onReply = (text: string) => {
            for (const token of tokensIn(text)) secrets.add(token)
          }
          yield* Stage.timed(lab, { wire, world, observe: layer, ...(isHeavy ? {} : { onReply }) }, (stage) =>
            Effect.gen(function* () {
              const seen: Array<readonly [where: string, value: unknown]> = []
              const configured = account.configured(stage.origin)
              const session = yield* stage.open(configured)
              const driver = yield* Effect.acquireRelease(
                Effect.orDie(Driver.make(stage.runtime(), configured)),
                (driver) => driver.close,
              )
              driver.subscribe((view) => seen.push(["views", view], ["snapshots", shownOf(driver.snapshot)]))
              const keep = (where: string, effect: Effect.Effect<unknown, unknown>) =>
                Effect.gen(function* () {
                  const exit = yield* Effect.exit(stage.time.through(effect))
                  yield* Effect.logError("done", exit)
                  seen.push([`errors (${where})`, exit], ["views", yield* session.view])
                  if (Exit.isFailure(exit)) seen.push([`errors (${where})`, Cause.pretty(exit.cause)])
                })
              const wake = { fault: fault ?? { _tag: "delay", millis: 0 }, times: 3 } as const
              const spoilt = fault === undefined ? Effect.void : Effect.andThen(stage.heal, stage.arm(wake))

              yield* spoilt
              yield* keep("a wrong password", session.signIn(account.wrong))
              yield* keep("a sign-in", session.signIn(account.right))
              yield* stage.heal
              yield* keep("a sign-in", session.signIn(account.right))
              if ((yield* session.view).state === "mfa_required") {
                yield* keep("a wrong passcode", session.submitPasscode(Redacted.make(canaries.wrongPasscode)))
                yield* spoilt
                yield* keep("a passcode", session.submitPasscode(Redacted.make(canaries.passcode)))
                yield* stage.heal
                yield* keep("a passcode", session.submitPasscode(Redacted.make(canaries.passcode)))
              }
              yield* keep("a bearer", session.bearer)
              if (account.subject !== undefined) {
                yield* spoilt
                yield* keep("acting", Effect.scoped(session.actAs(account.subject)))
                yield* keep("acting", session.startActing(account.subject))
                yield* session.stopActing
              }
              if ("inspect" in session) yield* keep("an inspection", session.inspect)
              yield* spoilt
              yield* keep(
                "a renewal",
                Effect.flatMap(session.bearer, ({ generation }) => session.reject(generation)),
              )
              yield* keep("a renewal", session.bearer)
              yield* stage.heal
              yield* keep("a sign-in", driver.signIn(account.right))
              yield* keep(
                "a renewal",
                Effect.sync(() => driver.reject(driver.view.generation)),
              )
              yield* keep("a bearer", driver.bearer)
              seen.push(["the session", [session, driver, configured]])
              seen.push(["what is stored", stage.records()])
              yield* keep("a sign-out", session.signOut)
              yield* keep("a sign-out", driver.signOut)
              seen.push(["the journal", yield* stage.emulator.journal], ["logs", logs], ["spans", spans])
              looked += seen.length
              // All at once, as each look walks through everything that hangs together.
              if (leaked(seen, [...secrets]).length === 0) return
              for (const [where, value] of seen) {
                for (const hit of leaked(value, [...secrets])) {
                  const [name = "a token"] = Object.entries(canaries).find(([, canary]) => canary === hit) ?? []
                  found.add(`${name} in ${where}, ${account.name}${fault === undefined ? "" : `, under ${fault._tag}`}`)
                }
              }
            }),
          )
        }
      }
      for (const one of found) notes.must(`no ${one}`, false)
      return notes.count("found", found.size).measure("places looked at", looked).finding
    }),
}
