/** Providers of other people: what they refuse, what they throw, and their tenants. */
import { AuthError } from "@pbx-auth/providers/AuthError"
import type { Capability, Configured } from "@pbx-auth/providers/Provider"
import * as Effect from "effect/Effect"
import * as Redacted from "effect/Redacted"
import * as Result from "effect/Result"
import { Notes } from "../Finding.ts"
import { type Fetch, sampled } from "../Lab.ts"
import type { Row } from "../Row.ts"
import * as Elsewhere from "./Elsewhere.ts"

const { acme } = Elsewhere

/** So many turns of the event loop, the later ones of a millisecond. Nothing here waits for longer, so a call that goes on hangs. */
const TURNS = 3_000

const turns = Effect.promise(async () => {
  for (let turn = 0; turn < TURNS; turn++) {
    await new Promise<void>((resolve) => (turn < 1_000 ? setImmediate(resolve) : setTimeout(resolve, 1)))
  }
})

const of = (tenant: string) =>
  Result.getOrThrow(acme.configure({ tenant, credentials: { username: "maria", password: "made-up" } }))

const answering =
  (status: number, text: string, headers: Record<string, string> = {}): Fetch =>
  () =>
    Promise.resolve(new Response(text, { status, headers: { "content-type": "application/json", ...headers } }))

const thrown = (): never => {
  throw new RangeError("made-up")
}

/** The same account, with a provider that is changed. */
const changed = (change: object): Configured<Capability> => {
  const { account, ...rest } = of("north")
  return { ...rest, account: { ...account, provider: { ...account.provider, ...change } } }
}

const refusals: ReadonlyArray<readonly [what: string, configured: Configured<Capability>, fetch: Fetch]> = [
  ["a code of its own", of("north"), answering(401, '{"error":"ACME-1017"}')],
  ["a code that it did not declare", of("north"), answering(401, '{"error":"ACME-9"}')],
  ["a limit of its own", of("north"), answering(429, "{}", { ratelimit: '"acme_burst";r=0;t=24' })],
  ["a page", of("north"), answering(200, "<html>made-up</html>")],
  ["nothing", of("north"), answering(200, "")],
  ["a mistake in its grants", changed({ dialect: { ...acme.dialect, grants: { Password: thrown } } }), thrown],
  [
    "a mistake in its rotation",
    {
      ...changed({ rotation: undefined }),
      account: {
        ...of("north").account,
        provider: Object.defineProperty({ ...acme }, "rotation", { get: thrown, enumerable: true }),
      },
    },
    answering(401, "{}"),
  ],
  [
    "a mistake in its capabilities",
    {
      ...of("north"),
      account: {
        ...of("north").account,
        provider: Object.defineProperty({ ...acme }, "capabilities", { get: thrown, enumerable: true }),
      },
    },
    answering(200, '{"access_token":"token","expires_in":60}'),
  ],
  ["an id that is none", changed({ id: "Not an id\n" }), answering(401, '{"error":"ACME-1017"}')],
]

export const refused: Row = {
  id: "R28",
  fault: "a provider of somebody's own refuses in its own words, or throws wherever it is read",
  bar: "a typed error each time; 0 calls that hang; no word of the wire in an error",
  means:
    "A provider that no package knows refuses by codes of its own, by codes that it did not declare, and by pages. Then its functions and fields throw: in a request, while a session opens, and where a refusal is read. Each call has some thousand turns of the event loop to end.",
  run: (lab) =>
    Effect.gen(function* () {
      const notes = new Notes(lab)
      let hung = 0
      let untyped = 0
      const cases = sampled(lab, refusals, 3)
      for (const [what, configured, fetch] of cases) {
        const asked = Effect.gen(function* () {
          const { open } = yield* Elsewhere.process(lab, fetch)
          return yield* Effect.flatMap(open(configured), (session) => session.bearer)
        }).pipe(Effect.scoped, Effect.exit)
        const seen = yield* Effect.raceFirst(asked, Effect.as(turns, "hung" as const))
        if (seen === "hung") hung++
        notes.must(`${what}: 0 calls that hang`, seen !== "hung")
        if (seen === "hung") continue
        const error = seen._tag === "Failure" ? seen.cause.reasons.find(({ _tag }) => _tag === "Fail") : undefined
        const isTyped = error?._tag === "Fail" && error.error instanceof AuthError
        if (!isTyped) untyped++
        notes.must(`${what}: a typed error`, isTyped)
        notes.must(`${what}: no word of the wire`, !JSON.stringify(error ?? "").includes("made-up"))
      }
      return notes.count("calls that hang", hung).count("other than typed", untyped).measure("refusals", cases.length)
        .finding
    }),
}

/** Answers each tenant with tokens of its own. */
const tenants = (asked: Array<string>, isLimited: (tenant: string) => boolean): Fetch => {
  let issued = 0
  return async (input, init) => {
    const form = new URLSearchParams(await new Request(input, init).text())
    const tenant = form.get("tenant") ?? /^refresh-(\w+)-/.exec(form.get("refresh_token") ?? "")?.[1] ?? "nobody"
    asked.push(tenant)
    if (isLimited(tenant)) return answering(429, "{}", { "retry-after": "60" })("")
    const number = ++issued
    return Response.json({
      access_token: `access-${tenant}-${number}`,
      refresh_token: `refresh-${tenant}-${number}`,
      expires_in: 3_600,
    })
  }
}

export const apart: Row = {
  id: "R29",
  fault: "two tenants of one vendor, with the same client, user and password, in one registry and one store",
  bar: "each has its own token, record and pause, also after a restart",
  means:
    "The tenant is an option that the provider's value declares. Both ask at once. Then the process starts again with the same store, one renews, and the vendor asks one of them for a pause.",
  run: (lab) =>
    Effect.gen(function* () {
      const notes = new Notes(lab)
      const names = ["north", "south"]
      const asked: Array<string> = []
      let limited: string | undefined
      const fetch = tenants(asked, (tenant) => tenant === limited)
      const first = yield* Elsewhere.process(lab, fetch)
      const tokens = (sessions: typeof first.sessions) =>
        Effect.forEach(names, (name) => Effect.flatMap(sessions.session(of(name)), (session) => session.accessToken), {
          concurrency: "unbounded",
        }).pipe(Effect.map((all) => all.map(Redacted.value)))
      const isOwn = (all: ReadonlyArray<string>) => all.every((token, at) => token.startsWith(`access-${names[at]}-`))
      const before = yield* tokens(first.sessions)
      notes.must("each tenant has its own token", isOwn(before))

      const second = yield* Elsewhere.process(lab, fetch, { store: first.store })
      const after = yield* tokens(second.sessions)
      notes.must("after a restart each finds its own record", after.join() === before.join())
      const met = [...before, ...after].filter((token, at) => !token.startsWith(`access-${names[at % 2]}-`)).length

      const north = yield* second.sessions.session(of("north"))
      const south = yield* second.sessions.session(of("south"))
      const { generation } = yield* north.bearer
      yield* north.reject(generation)
      notes.must("a renewal is of its own tenant", Redacted.value(yield* north.accessToken).startsWith("access-north-"))
      limited = "north"
      yield* north.signOut
      yield* Effect.ignore(north.signIn({ username: "maria", password: Redacted.make("made-up") }))
      yield* south.signOut
      const served = yield* Effect.exit(south.signIn({ username: "maria", password: Redacted.make("made-up") }))
      notes.must("one tenant's pause holds no other", served._tag === "Success")
      return notes.count("tokens of another tenant", met).measure("requests", asked.length).finding
    }).pipe(Effect.scoped, Effect.orDie),
}
