/** The accounts that the README lists are those of the default world, and may do what it says. */
import { readFileSync } from "node:fs"
import { assert, describe, it } from "@effect/vitest"
import * as Effect from "effect/Effect"
import { uidOf } from "../src/residents/NetSapiensWorld.ts"
import { defaultWorld } from "../src/world/World.ts"
import { ipex, netsapiens, served } from "./Served.ts"

const readme = readFileSync(new URL("../README.md", import.meta.url), "utf8")

/** The cells of the table under a heading of these columns, each as the words in code type that it holds, or else its text. */
const table = (...columns: ReadonlyArray<string>): ReadonlyArray<ReadonlyArray<string>> => {
  const lines = readme.split("\n")
  const cellsOf = (line: string) => line.split("|").slice(1, -1)
  const start = lines.findIndex(
    (line) =>
      columns.join() ===
      cellsOf(line)
        .map((cell) => cell.trim())
        .join(),
  )
  assert.isAtLeast(start, 0, columns.join())
  const rows = lines.slice(start + 2)
  return rows
    .slice(
      0,
      rows.findIndex((line) => !line.startsWith("|")),
    )
    .map((line) =>
      cellsOf(line).map((cell) => {
        const coded = [...cell.matchAll(/`([^`]+)`/g)].map(([, word]) => word)
        return coded.length > 0 ? coded.join(" ") : cell.trim().replace("–", "")
      }),
    )
}

const vendors = { netsapiens: "skyswitch landstar", ipex: "ipex", sangomaCx: "sangoma-cx" }

describe("The README's accounts", () => {
  it.live("are those of the default world, with what they may do", () =>
    Effect.gen(function* () {
      const { ask } = yield* served()

      const netsapiensRows = yield* Effect.forEach(defaultWorld.netsapiens.accounts, (account) =>
        Effect.gen(function* () {
          const { domain, extension, login, mfa, password = "", scope } = account
          const names = [`${extension}@${domain.split(".")[0]}`, ...(login === undefined ? [] : [login])]
          const bearers = yield* Effect.forEach(names, (username) =>
            Effect.gen(function* () {
              const form = { ...netsapiens.password, username, password }
              const { fields } = yield* ask(netsapiens.token, { form })
              if (mfa === undefined) return fields.access_token
              assert.strictEqual(fields.mfa, "mfa_required")
              const verified = yield* ask(netsapiens.token, { form: netsapiens.mfa(fields.access_token, mfa.passcode) })
              return verified.fields.access_token
            }),
          )
          const subjects = yield* Effect.filter(defaultWorld.netsapiens.accounts.map(uidOf), (uid) =>
            Effect.map(
              ask(netsapiens.token, { form: netsapiens.masquerade(bearers.at(-1), uid) }),
              ({ status }) => status === 200,
            ),
          )
          return [vendors.netsapiens, names.join(" "), password, mfa?.passcode ?? "", scope, subjects.join(" ")]
        }),
      )

      const ipexRows = yield* Effect.forEach(defaultWorld.ipex.accounts, ({ email, impersonation, password = "" }) =>
        Effect.gen(function* () {
          const form = { ...ipex.password, username: email, password }
          const { access_token: bearer } = (yield* ask("/token", { form })).fields
          const others = defaultWorld.ipex.accounts.map((other) => other.email).filter((other) => other !== email)
          const subjects = yield* Effect.filter(others, (other) =>
            Effect.map(ask("/token-exchange", { json: { email: other }, bearer }), ({ status }) => status === 200),
          )
          return [vendors.ipex, email, password, "", impersonation ? "impersonation" : "", subjects.join(" ")]
        }),
      )

      assert.deepStrictEqual(table("provider", "user", "password", "passcode", "level or right", "may act for"), [
        ...netsapiensRows,
        ...ipexRows,
      ])
    }),
  )

  it("and so are its clients", () => {
    assert.deepStrictEqual(table("provider", "client id", "client secret", "scopes"), [
      ...defaultWorld.netsapiens.clients.map(({ id, secret = "" }) => [vendors.netsapiens, id, secret, ""]),
      ...defaultWorld.ipex.clients.map((id) => [vendors.ipex, id, "", ""]),
      ...defaultWorld.sangomaCx.clients.map(({ id, scopes, secret }) => [
        vendors.sangomaCx,
        id,
        secret,
        scopes.join(" "),
      ]),
    ])
  })
})
