import { readFileSync } from "node:fs"
import { assert, describe, it } from "@effect/vitest"
import { openEmulator } from "../src/emulator/OpenEmulator.ts"
import type { JournalEntry } from "../src/exchange/Journal.ts"
import * as IpexRoutes from "../src/residents/IpexRoutes.ts"
import * as NetSapiensCitations from "../src/residents/NetSapiensCitations.ts"
import * as SangomaCxRoutes from "../src/residents/SangomaCxRoutes.ts"
import { ipex, netsapiens as ns, sangomaCx } from "./Served.ts"

const cited = [...Object.values(NetSapiensCitations), IpexRoutes.citations, SangomaCxRoutes.citations].flatMap(
  (lines) => Object.values(lines),
)

const host = "https://vendor.example.test"
const form = (fields: Record<string, string>, headers: Record<string, string> = {}): RequestInit => ({
  method: "POST",
  headers,
  body: new URLSearchParams(fields),
})
const open = () => openEmulator({ clock: "steered", startsAt: 0 })
const basic = { authorization: `Basic ${btoa(sangomaCx.basic)}` }

describe("The lines of an exchange", () => {
  it("are told when it was carried out, and again when it has ended", async () => {
    await using vendor = open()
    const told: Array<JournalEntry> = []
    const stop = vendor.subscribe((entry) => told.push(entry))
    await vendor.arm({ fault: { _tag: "delay", millis: 700 } })
    const asked = vendor.fetch(host + ns.token, form(ns.withFactor))
    await vendor.jump(1_000)
    await asked
    assert.deepStrictEqual(
      told.map(({ wire }) => [wire?.id, wire?.end, wire?.took]),
      [
        [1, undefined, undefined],
        [1, "answered", 700],
      ],
    )
    assert.deepStrictEqual(told[1]?.wire?.request, {
      line: "POST /ns-api/oauth2/token/",
      headers: { "content-type": "application/x-www-form-urlencoded" },
      query: {},
      fields: {
        client_id: "your-client-id",
        client_secret: "<redacted>",
        grant_type: "password",
        username: "222@abc-company",
        password: "<redacted>",
      },
    })
    assert.deepStrictEqual(told[1]?.wire?.reply, {
      status: 200,
      headers: { "content-type": "application/json", "cache-control": "no-store" },
      body: "json",
      fields: {
        mfa: "mfa_required",
        mfa_vendor: "google",
        mfa_type: "authenticator",
        access_token: "<redacted>",
        expires_in: 3600,
        token_type: "Bearer",
        refresh_token: "<redacted>",
        client_id: "your-client-id",
      },
    })
    stop()
    await vendor.fetch(host + ns.token, form(ns.password))
    assert.lengthOf(told, 2)
    assert.lengthOf(await vendor.journal(), 2)
  })

  it("say how an exchange ended, and show no reply that was not sent", async () => {
    await using vendor = open()
    await vendor.arm([{ fault: { _tag: "drop_reply" } }, { fault: { _tag: "hang" } }, { fault: { _tag: "html_200" } }])
    const given = new AbortController()
    const init = form(ns.password)
    await vendor.fetch(host + ns.token, init).catch(() => undefined)
    const hanging = vendor.fetch(host + ns.token, { ...init, signal: given.signal }).catch(() => undefined)
    await vendor.jump(2_000)
    given.abort()
    await hanging
    await vendor.fetch(host + ns.token, init)
    await vendor.jump(0)
    const journal = await vendor.journal()
    assert.deepStrictEqual(
      journal.map(({ fault, wire }) => [fault, wire?.end, wire?.took, wire?.reply?.body]),
      [
        ["drop_reply", "lost", 0, undefined],
        ["hang", "given up", 2_000, undefined],
        ["html_200", "answered", 0, "html"],
      ],
    )
  })

  it("hold no secret, wherever a client puts one, or a fault", async () => {
    await using vendor = open()
    const canary = "canary-5f2c"
    const names =
      `grant_type client_id client_secret username password refresh_token access_token mask_uid passcode mfa_type scope token
      email domain format object action ns_id_type constructor __proto__ ${canary}`.split(/\s+/)
    const everything = new URLSearchParams(names.map((name) => [name, canary]))
    const headers = { "user-agent": canary, [canary]: canary, accept: canary, authorization: `Bearer ${canary}` }
    const paths = [ns.token, "/oauth2/read", "/ns-api/oauth2/revoke", "/ns-api/", `/ns-api/${canary}`, "/ns-api/v2/jwt"]
      .concat("/token", "/token-exchange", `/ipbx/${canary}`, "/oauth/token", `/cx/${canary}`)
      .map((path) => host + path)
    for (const path of paths) {
      await vendor.fetch(path, { method: "POST", headers, body: everything })
      await vendor.fetch(`${path}?${everything}`, { headers: { ...headers, authorization: canary } })
      const body = JSON.stringify(Object.fromEntries(everything))
      await vendor.fetch(path, { method: "POST", headers: { ...headers, "content-type": "application/json" }, body })
      await vendor.fetch(path, { method: "POST", headers: { ...headers, "content-type": canary }, body })
    }
    const issued: Array<string> = []
    for (const init of [form(ns.password), form(ns.reseller), form(ns.withFactor)]) {
      const reply = (await (await vendor.fetch(host + ns.token, init)).json()) as Record<string, string>
      issued.push(reply.access_token ?? "", reply.refresh_token ?? "")
    }
    await vendor.fetch(`${host}/ns-api/oauth2/read`, { headers: { authorization: `Bearer ${issued[0]}` } })
    const jwt = form({ ...ns.password })
    issued.push(...Object.values((await (await vendor.fetch(`${host}/ns-api/v2/jwt`, jwt)).json()) as object))
    await vendor.fetch(`${host}/oauth/token`, form(sangomaCx.form(), basic))
    await vendor.fetch(`${host}/token`, form(ipex.password))
    const fields = Object.fromEntries(["error_description", "message", "scope", canary].map((name) => [name, canary]))
    await vendor.arm([
      {
        fault: {
          _tag: "reply",
          body: JSON.stringify(fields),
          headers: { "www-authenticate": canary, [canary]: canary },
        },
      },
      { fault: { _tag: "extra_fields", fields } },
      { fault: { _tag: "token_type", value: canary } },
      { fault: { _tag: "expires_in", value: { secret: canary } } },
      { fault: { _tag: "redirect", to: `https://${canary}.example.test` } },
      { fault: { _tag: "reset_before_read" } },
    ])
    for (let times = 0; times < 6; times++) {
      await vendor.fetch(host + ns.token, form(ns.password, headers)).catch(() => undefined)
    }
    const journal = await vendor.journal()
    assert.isAbove(journal.length, 50)
    const text = JSON.stringify(journal)
    const secrets = [canary, ...issued, btoa(sangomaCx.basic), "your-client-secret", "mypassword", "ipex-password"]
    for (const secret of secrets.filter(Boolean)) assert.notInclude(text, secret)
  })
})

describe("The lines of the pages that replies follow", () => {
  it("stand in the transcriptions, word for word", () => {
    const readme = readFileSync(new URL("../fixtures/README.md", import.meta.url), "utf8")
    assert.isAbove(cited.length, 15)
    for (const { page, fixture, url, sentence } of cited) {
      assert.include(readme, `| \`${page}\` |`)
      assert.include(readme, `](${url})`)
      assert.include(readFileSync(new URL(`../fixtures/${page}/${fixture}`, import.meta.url), "utf8"), sentence)
    }
  })

  it("are named for what the page shows, and not under a fault or for a refusal", async () => {
    await using vendor = open()
    await vendor.fetch(host + ns.token, form(ns.withFactor))
    await vendor.fetch(`${host}/oauth/token`, form(sangomaCx.form(), basic))
    await vendor.fetch(`${host}/ns-api/v2/tokens`, form(ns.password))
    await vendor.fetch(host + ns.token, form({ ...ns.password, password: "wrong" }))
    await vendor.arm({ fault: { _tag: "server_error", acts: true } })
    await vendor.fetch(host + ns.token, form(ns.password))
    assert.deepStrictEqual(
      (await vendor.journal()).map(({ follows }) => follows && `${follows.page}: ${follows.sentence}`),
      [
        'skyswitch: "mfa": "mfa_required"',
        "sangoma-cx: --data-urlencode 'grant_type=client_credentials'",
        'netsapiens-v2: "grant_type": "password"',
        undefined,
        undefined,
      ],
    )
  })
})
