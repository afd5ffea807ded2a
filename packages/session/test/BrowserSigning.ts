/** A made-up provider where people sign in at a browser, and sessions with it. */
import type { Emulator } from "@pbx-auth/emulator/Emulator"
import { witness } from "@pbx-auth/emulator/witnesses/BrowserVendor"
import { codeGrants } from "@pbx-auth/providers/AuthorizationRequest"
import { configure } from "@pbx-auth/providers/Configuration"
import { deviceGrants } from "@pbx-auth/providers/DeviceAuthorization"
import type { Presentation, Provider } from "@pbx-auth/providers/Provider"
import * as Effect from "effect/Effect"
import * as Result from "effect/Result"
import { harness, type Options } from "./Harness.ts"

const posted = (fields: Presentation["fields"]): Presentation => ({
  method: "POST",
  path: "/token",
  encoding: "form",
  fields,
})

export const provider: Provider<"browser"> = {
  id: "browser-vendor",
  name: "Browser Vendor",
  page: "https://vendor.example/tokens",
  dialect: {
    id: "browser-vendor",
    challenges: false,
    refreshMethods: ["POST"],
    verdicts: [],
    authorization: { path: "/authorize", issuer: witness.defaults.issuer },
    grants: {
      ...codeGrants({ token: "/token" }),
      ...deviceGrants({ authorization: "/device_authorization", token: "/token" }),
      RefreshToken: ({ refreshToken }) =>
        posted([
          ["grant_type", "refresh_token"],
          ["refresh_token", refreshToken],
        ]),
    },
  },
  addresses: { standard: "https://vendor.example", prefix: "", prefixOption: false },
  clientAuthentication: "none",
  clientSecret: "none",
  clientId: "made-up-app",
  signsInWith: "browser",
  scopes: "none",
  defaultLifetime: 3_600_000,
  renewal: {
    policy: "before_expiry",
    window: { fraction: 0.1, atMost: 300_000, jitter: 0 },
    margin: { fraction: 0.01, atMost: 30_000 },
  },
  renewsWith: "refresh_token",
  rotation: "strict",
  capabilities: new Set(["browser"] as const),
  accessLevels: [],
}

export const configured = (user: string, more: object = {}) => Result.getOrThrow(configure(provider, { user, ...more }))

/** How the vendor is set up, where it is not as usual. */
type World = Partial<typeof witness.defaults>

/** A request, without its secrets. */
interface Seen {
  /** Epoch ms. */
  readonly at: number
  readonly what: string
  /** The error of the reply; absent for a success. */
  error?: string
}

const deviceCode = "urn:ietf:params:oauth:grant-type:device_code"

/** Fields of replies, and of the redirect, that are secrets. */
const secretFields = ["access_token", "refresh_token", "device_code", "user_code", "code"]

const nameOf = (path: string, grant: string | null) =>
  path === "/token" ? (grant ?? "other").replace(/.*:/, "") : path.slice(1)

/** The vendor's side of a stage: what was asked, what is secret, its person, and what goes wrong. */
const sideOf = () => {
  const seen: Array<Seen> = []
  const secrets = new Set<string>()
  const on: { emulator?: Emulator; network?: typeof globalThis.fetch; now: () => number } = { now: Date.now }
  const keep = (fields: Readonly<Record<string, unknown>>) => {
    for (const name of secretFields) {
      const secret = fields[name]
      if (typeof secret === "string") secrets.add(secret)
    }
  }

  const fetch: typeof globalThis.fetch = async (input, init) => {
    const request = new Request(input, init)
    const { pathname } = new URL(request.url)
    const form = new URLSearchParams(await request.clone().text())
    const one: Seen = { at: on.now(), what: nameOf(pathname, form.get("grant_type")) }
    if (pathname !== "/device") seen.push(one)
    const reply = await (on.network ?? globalThis.fetch)(request)
    keep(Object.fromEntries(new URL(reply.headers.get("location") ?? "about:blank").searchParams))
    if (reply.headers.get("content-type") !== "application/json") return reply
    const fields = await reply.clone().json()
    keep(fields)
    if (fields.error !== undefined) one.error = fields.error
    return reply
  }

  const arm = (fault: { readonly _tag: "drop_reply" } | { readonly _tag: "reply"; status: number; body: string }) =>
    on.emulator && Effect.runSync(on.emulator.faults.arm({ fault, match: { grant: deviceCode } }))

  const vendor = {
    fetch: (request: Request) => fetch(request),
    /** The person enters a code, and decides. Whether a sign-in with that code was open. */
    decide: (userCode: string, decision: "allow" | "deny") =>
      Effect.promise(async () => {
        const body = new URLSearchParams({ user_code: userCode, decision })
        return (await fetch("https://vendor.example/device", { method: "POST", body })).ok
      }),
    /** The next reply to a poll is lost on its way: the vendor acts, and the client hears nothing. */
    losesNext: () => void arm({ _tag: "drop_reply" }),
    /** The next answer to a poll asks for a slower pace. */
    slowsNext: () => void arm({ _tag: "reply", status: 400, body: '{"error":"slow_down"}' }),
    /** The next poll is answered so, by the vendor or by a proxy before it, which does nothing else. */
    answersNext: (status: number, body: string) => void arm({ _tag: "reply", status, body }),
    seen: seen as ReadonlyArray<Seen>,
    secrets: secrets as ReadonlySet<string>,
  }
  const between = (network: typeof globalThis.fetch) => {
    on.network = network
    return fetch
  }
  return { on, vendor, between }
}

/** The vendor, a clock for both, and what `make` adds to a stage of sessions. */
export const signingOn = Effect.fnUntraced(function* <S extends Effect.Success<ReturnType<typeof harness>>, E, R>(
  make: (options: Options) => Effect.Effect<S, E, R>,
  world: World = {},
) {
  const { between, on, vendor } = sideOf()
  const stage = yield* make({ between, witnesses: [witness], world: { witnesses: { [witness.id]: world } } })
  on.emulator = stage.emulator
  on.now = () => stage.clock.currentTimeMillisUnsafe()
  return { ...stage, vendor }
})

/** The vendor, a clock for both, and sessions. */
export const signing = (world: World = {}) => signingOn(harness, world)

/** The vendor, as a test sees it. */
export type BrowserVendor = Effect.Success<ReturnType<typeof signing>>["vendor"]
