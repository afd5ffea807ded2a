/**
 * Every provider of the catalog by the command, with its witness on a port of 127.0.0.1: what `token` prints, and what `login` keeps, is
 * alive when the command has ended. The witness says so, by a call of its API.
 */
import { existsSync, readdirSync, readFileSync } from "node:fs"
import { assert, describe, it } from "@effect/vitest"
import * as Emulator from "@pbx-auth/emulator/Emulator"
import { serve } from "@pbx-auth/emulator/Server"
import * as SteerableClock from "@pbx-auth/emulator/SteerableClock"
import type { AnyWitness } from "@pbx-auth/emulator/Witness"
import { decodeWorld } from "@pbx-auth/emulator/World"
import { providers } from "@pbx-auth/providers/Catalog"
import type { Provider } from "@pbx-auth/providers/Provider"
import * as Clock from "effect/Clock"
import * as Effect from "effect/Effect"
import * as ProviderTable from "../src/provider/ProviderTable.ts"
import { ofOption } from "../src/shell/Variable.ts"
import { folder } from "./Folder.ts"
import { inside } from "./Inside.ts"
import { lasting } from "./Lasting.ts"

const fixtures = new URL("../../emulator/fixtures/", import.meta.url)
const witnesses = new URL("../../emulator/src/witnesses/", import.meta.url)

/** An account as a suite writes it. */
interface SuiteAccount {
  readonly client?: { readonly id: string; readonly secret?: string }
  readonly credentials?: { readonly username: string; readonly password: string }
  readonly scopes?: ReadonlyArray<string>
  readonly [option: string]: unknown
}

const textOf = (url: URL) => readFileSync(url, "utf8")

/** The account of each provider's fixtures, with the vendor that has it. */
const suites = readdirSync(fixtures, { withFileTypes: true }).flatMap((entry) =>
  entry.isDirectory()
    ? readdirSync(new URL(`${entry.name}/`, fixtures))
        .filter((name) => /^suite.*\.json$/.test(name))
        .map((name) => {
          const { accounts, adopted, provider } = JSON.parse(textOf(new URL(`${entry.name}/${name}`, fixtures)))
          return { id: String(provider), account: accounts[0] as SuiteAccount, adopted, vendor: entry.name }
        })
    : [],
)

const played = await Promise.all(
  readdirSync(witnesses).map(async (name) => {
    const { witness } = (await import(new URL(name, witnesses).href)) as { readonly witness: AnyWitness }
    return witness
  }),
)

/** The APIs of the vendors that are always there. */
const always = ["/ns-api/", "/ipbx/calls", "/cx/agent-calls"]

/** The paths below which a witness takes calls of its API. */
const apiOf = (witness: AnyWitness): ReadonlyArray<string> =>
  witness
    .make(() => witness.defaults)
    .routes.filter(({ issues, methods }) => issues !== true && methods.includes("GET"))
    .flatMap(({ paths }) => paths.filter((path) => path.endsWith("/*")).map((path) => path.replace("*", "calls")))

/** What the command reads of an account. */
const environmentOf = ({ options = {} }: Provider, { client, credentials, scopes, ...own }: SuiteAccount) =>
  Object.fromEntries(
    [
      ["PBX_AUTH_CLIENT_ID", client?.id],
      ["PBX_AUTH_CLIENT_SECRET", client?.secret],
      ["PBX_AUTH_USERNAME", credentials?.username],
      ["PBX_AUTH_PASSWORD", credentials?.password],
      // The passcode of the person with a second factor.
      ["PBX_AUTH_PASSCODE", "246802"],
      ["PBX_AUTH_SCOPES", scopes?.join(" ")],
      ...Object.keys(options).map((name) => [ofOption(name), own[name]]),
    ].filter((one): one is [string, string] => typeof one[1] === "string"),
  )

const staged = (id: string) => {
  const suite = suites.find((one) => one.id === id) ?? assert.fail(`No suite of ${id}`)
  const provider = providers[id] ?? assert.fail(`No provider ${id}`)
  const own = played.filter((witness) => witness.id === suite.vendor)
  const given = own.map((witness) => ({ ...witness, hosts: ["127.0.0.1"] }))
  return lasting(
    Effect.gen(function* () {
      const clock = yield* SteerableClock.make()
      const timed = Effect.provideService(Clock.Clock, clock)
      const world = yield* decodeWorld({}, undefined, given)
      const emulator = yield* timed(Emulator.make({ world, witnesses: given }))
      const { origin } = yield* serve({ port: 0, emulator })
      const env = environmentOf(provider, suite.account)
      if (suite.adopted !== undefined) {
        // What a person's consent brought.
        const { field, forms, path } = suite.adopted
        const body = new URLSearchParams(forms[0])
        const reply = yield* Effect.promise(async () =>
          (await fetch(new URL(path, origin), { method: "POST", body })).json(),
        )
        env.PBX_AUTH_REFRESH_TOKEN = reply[field]
      }
      const journal = () => Effect.runPromise(emulator.journal)
      const paths = own.length > 0 ? own.flatMap(apiOf) : always
      /** Whether the vendor answers a call with this token. */
      const isAlive = async (token: string) => {
        const before = (await journal()).length
        for (const path of paths) {
          const url = new URL(path, origin)
          const { bearer } = provider
          if (bearer?.in === "query") url.searchParams.set(bearer.name, token)
          const headers = bearer?.in === "query" ? {} : { authorization: `Bearer ${token}` }
          await (await fetch(url, { headers })).arrayBuffer()
        }
        return (await journal()).slice(before).some(({ outcome }) => outcome.startsWith("api call"))
      }
      return {
        env,
        isAlive,
        provider,
        /** What was presented, in order. */
        grants: async () => (await journal()).flatMap(({ grant }) => grant ?? []),
        passTo: (moment: number) => Effect.runPromise(clock.adjust(moment - clock.currentTimeMillisUnsafe())),
        /** The words that the command prints; it must succeed. */
        told: async (args: ReadonlyArray<string>, more: Readonly<Record<string, string>> = {}) => {
          const place = args.includes(id) ? ["--address", origin] : []
          const { code, stderr, stdout } = await inside([...args, ...place], more, undefined, clock)
          assert.strictEqual(code, 0, stderr)
          return stdout.trim()
        },
      }
    }),
  )
}

describe("every provider of the catalog", () => {
  it("has an account among the fixtures", () => {
    assert.isTrue(existsSync(fixtures))
    assert.includeMembers(
      suites.map(({ id }) => id),
      [...ProviderTable.names],
    )
  })

  for (const id of ProviderTable.names) {
    // A refresh token from elsewhere can be used once, so its successor needs a profile.
    const isAdopted = suites.some((suite) => suite.id === id && suite.adopted !== undefined)
    if (!isAdopted) {
      it(`${id}: \`token\` prints a token that is alive`, async () => {
        const { env, isAlive, told } = await staged(id)
        const token = await told(["token", id], env)
        assert.isTrue(await isAlive(token), "the printed token is dead")
        assert.isFalse(await isAlive(`${token}0`), "the witness takes any token")
        // A second run leaves the first one's token.
        const next = await told(["token", id], env)
        assert.isTrue(await isAlive(next))
        if (providers[id]?.liveTokens?.cap !== 1) assert.isTrue(await isAlive(token))
      })
    }

    it(`${id}: \`login\` keeps a token that is alive, and the refresh token with it`, async () => {
      const { env, grants, isAlive, passTo, provider, told } = await staged(id)
      const own = folder()
      await told(["login", id], { ...own, ...env })
      const presented = await grants()
      const token = await told(["token"], own)
      assert.isTrue(await isAlive(token), "the kept token is dead")
      assert.deepStrictEqual(await grants(), presented)
      const { expires_at } = JSON.parse(await told(["token", "--json"], own))
      // It is told to the second.
      await passTo(Date.parse(expires_at) + 1_000)
      const next = await told(["token"], own)
      assert.notStrictEqual(next, token)
      assert.isTrue(await isAlive(next), "the renewed token is dead")
      const after = (await grants()).slice(presented.length)
      assert.deepStrictEqual(after, [provider.renewsWith === "refresh_token" ? "refresh_token" : presented[0]])
    })
  }
})
