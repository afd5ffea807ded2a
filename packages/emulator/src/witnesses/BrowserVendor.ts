/**
 * A made-up vendor where people sign in at a browser: device authorization (RFC 8628), and the authorization code with PKCE (RFC 6749
 * §4.1, RFC 7636, RFC 9207). No vendor's page stands behind it, only the RFCs; each rule names its section.
 *
 * You play the person. At `/device` you decide about a code: post `user_code` with the `decision` `allow` or `deny`. At `/authorize` the
 * person is signed in and allows at once, or denies with `&deny`.
 */
import * as Schema from "effect/Schema"
import { type Answer, type Call, html, json, type Reply, text } from "../exchange/Exchange.ts"
import { make as makeTable, randomHex } from "../exchange/TokenTable.ts"
import { defineWitness } from "../exchange/Witness.ts"

const World = Schema.Struct({
  /** The clients that may sign people in. None has a secret. */
  clients: Schema.Array(Schema.Struct({ id: Schema.String })),
  /** The issuer, as the redirect names it (RFC 9207 §2). */
  issuer: Schema.String,
  /** Life of a device code and of an authorization code, s. */
  codeLifetime: Schema.Int,
  /** s between two polls; null: the reply does not say it, and it is 5. */
  interval: Schema.NullOr(Schema.Int),
  /** Life of an access token, s. */
  lifetime: Schema.Int,
  /** Life of a refresh token, s, which a renewal does not make longer; null: it does not end. */
  refreshLifetime: Schema.NullOr(Schema.Int),
  /** Whether a renewal brings a new refresh token, which ends with the first. */
  rotates: Schema.Boolean,
})

interface Holder {
  readonly client: string
  /** The end of every refresh token of this sign-in, epoch ms; null: none. */
  readonly end: number | null
}

interface Device {
  readonly client: string
  readonly userCode: string
  readonly expiresAt: number
  decision: "open" | "allow" | "deny"
  /** The earliest moment of the next poll. */
  next: number
  /** Between two polls, in ms; each `slow_down` makes it longer. */
  interval: number
}

interface Code {
  readonly client: string
  readonly redirectUri: string
  readonly challenge: string
  readonly expiresAt: number
}

const deviceCode = "urn:ietf:params:oauth:grant-type:device_code"

/** RFC 6749 §5.2, RFC 8628 §3.5. */
const refusals = {
  "bad client": [401, "invalid_client"],
  "bad request": [400, "invalid_request"],
  "unknown grant": [400, "unsupported_grant_type"],
  "bad refresh token": [400, "invalid_grant"],
  "bad credentials": [400, "invalid_grant"],
  "bad challenge": [400, "expired_token"],
  "too early": [400, "authorization_pending"],
  "too many requests": [400, "slow_down"],
  "not allowed": [400, "access_denied"],
} as const

/** RFC 8628 §6.1 proposes such letters: none of them is a vowel, or looks like a digit. */
const letters = "BCDFGHJKLMNPQRSTVWXZ"
const makeUserCode = () =>
  [...crypto.getRandomValues(new Uint8Array(8))].map((byte) => letters[byte % letters.length]).join("")

/** The witness. */
export const witness = defineWitness({
  id: "browser-vendor",
  hosts: ["vendor.example"],
  grants: [deviceCode, "authorization_code"],
  world: World,
  defaults: {
    clients: [{ id: "made-up-app" }],
    issuer: "https://vendor.example",
    codeLifetime: 600,
    interval: 5,
    lifetime: 3_600,
    refreshLifetime: null,
    rotates: true,
  },
  make: (world) => {
    const table = makeTable<Holder>(({ kind }) => `${kind}-${randomHex(24)}`)
    const devices = new Map<string, Device>()
    const codes = new Map<string, Code>()

    const refuse = (reason: keyof typeof refusals, known: Omit<Answer["finding"], "outcome"> = {}): Answer => {
      const [status, error] = refusals[reason]
      return { reply: json(status, { error }), finding: { ...known, outcome: `refused: ${reason}` } }
    }

    const clientOf = (id: string | null) => world().clients.find((client) => client.id === id)?.id

    const policy = ({ end }: Holder, now: number) => ({
      lifetime: world().lifetime,
      refreshLifetime: end === null ? null : Math.max(0, (end - now) / 1_000),
      rotation: world().rotates ? ("once" as const) : ("none" as const),
      renewalEndsAccess: false,
    })

    const pair = (
      { access, expiresIn, refresh, refreshExpiresIn }: ReturnType<typeof table.issue>,
      isNew = true,
    ): Reply =>
      json(200, {
        access_token: access,
        token_type: "Bearer",
        expires_in: expiresIn,
        ...(isNew && { refresh_token: refresh }),
        ...(refreshExpiresIn !== undefined && { refresh_expires_in: refreshExpiresIn }),
      })

    const issue = (client: string, grant: string, now: number): Answer => {
      const { refreshLifetime } = world()
      const holder = { client, end: refreshLifetime === null ? null : now + refreshLifetime * 1_000 }
      return {
        reply: pair(table.issue(holder, now, policy(holder, now))),
        finding: { grant, client, outcome: "issued" },
      }
    }

    /** RFC 8628 §3.2. The verification address is below the host that was asked. */
    const authorizeDevice = ({ base, fields, now }: Call): Answer => {
      const client = clientOf(fields.get("client_id"))
      if (client === undefined) return refuse("bad client")
      const { codeLifetime, interval } = world()
      const code = `device-${randomHex(24)}`
      const userCode = makeUserCode()
      devices.set(code, {
        client,
        userCode,
        expiresAt: now + codeLifetime * 1_000,
        decision: "open",
        next: now,
        interval: (interval ?? 5) * 1_000,
      })
      return {
        reply: json(200, {
          device_code: code,
          user_code: userCode,
          verification_uri: `${base}/device`,
          verification_uri_complete: `${base}/device?user_code=${userCode}`,
          expires_in: codeLifetime,
          ...(interval !== null && { interval }),
        }),
        finding: { client, outcome: "challenged" },
      }
    }

    /** RFC 8628 §3.5. */
    const poll = ({ fields, now }: Call, client: string): Answer => {
      const known = { grant: deviceCode, client }
      const code = fields.get("device_code") ?? ""
      const device = devices.get(code)
      if (device?.client !== client) return refuse("bad credentials", known)
      if (now >= device.expiresAt) return refuse("bad challenge", known)
      const isTooSoon = now < device.next
      if (isTooSoon) device.interval += 5_000
      device.next = now + device.interval
      if (isTooSoon) return refuse("too many requests", known)
      if (device.decision === "open") return refuse("too early", known)
      // RFC 6749 §4.1.2 for codes: it serves once.
      devices.delete(code)
      return device.decision === "deny" ? refuse("not allowed", known) : issue(client, deviceCode, now)
    }

    /** RFC 6749 §4.1.3 and RFC 7636 §4.6. */
    const exchange = ({ codeChallenge, fields, now }: Call, client: string): Answer => {
      const grant = "authorization_code"
      const code = codes.get(fields.get("code") ?? "")
      codes.delete(fields.get("code") ?? "")
      const isRight =
        code?.client === client &&
        now < code.expiresAt &&
        fields.get("redirect_uri") === code.redirectUri &&
        /^[A-Za-z0-9\-._~]{43,128}$/.test(fields.get("code_verifier") ?? "") &&
        codeChallenge === code.challenge
      return isRight ? issue(client, grant, now) : refuse("bad credentials", { grant, client })
    }

    const renew = ({ fields, now }: Call, client: string): Answer => {
      const grant = "refresh_token"
      const shown = fields.get("refresh_token") ?? ""
      const holder = table.holderOf(shown)
      const renewed = holder && table.renew(shown, now, policy(holder, now), (one) => one.client === client)
      if (!renewed) return refuse("bad refresh token", { grant, client })
      return { reply: pair(renewed.issued, world().rotates), finding: { grant, client, outcome: "renewed" } }
    }

    const token = (call: Call): Answer => {
      const client = clientOf(call.fields.get("client_id"))
      const grant = call.fields.get("grant_type")
      if (client === undefined) return refuse("bad client")
      if (grant === deviceCode) return poll(call, client)
      if (grant === "authorization_code") return exchange(call, client)
      return grant === "refresh_token" ? renew(call, client) : refuse("unknown grant", { client })
    }

    /** RFC 6749 §4.1.1 and §4.1.2. */
    const authorize = ({ now, query }: Call): Answer => {
      const client = clientOf(query.get("client_id"))
      const redirectUri = query.get("redirect_uri") ?? ""
      // RFC 6749 §4.1.2.1: no redirect to an address that is not the client's.
      if (client === undefined || !URL.canParse(redirectUri)) {
        return { reply: text(400, "This app is not known here."), finding: { outcome: "refused: bad client" } }
      }
      const { codeLifetime, issuer } = world()
      const back = new URL(redirectUri)
      const challenge = query.get("code_challenge") ?? ""
      const isPkce = query.get("code_challenge_method") === "S256" && /^[\w-]{43}$/.test(challenge)
      const isCode = query.get("response_type") === "code" && isPkce
      const reason = query.has("deny") ? "not allowed" : isCode ? undefined : "bad request"
      if (reason === undefined) {
        const code = `code-${randomHex(24)}`
        codes.set(code, { client, redirectUri, challenge, expiresAt: now + codeLifetime * 1_000 })
        back.searchParams.set("code", code)
      } else back.searchParams.set("error", refusals[reason][1])
      back.searchParams.set("state", query.get("state") ?? "")
      back.searchParams.set("iss", issuer)
      return {
        reply: { status: 302, headers: { location: back.href, "cache-control": "no-store" }, body: "" },
        finding: { client, outcome: reason === undefined ? "challenged" : `refused: ${reason}` },
      }
    }

    /** Where a person enters the code, and decides. */
    const decide = ({ fields, method, now }: Call): Answer => {
      if (method === "GET") return { reply: html(200, "Enter the code"), finding: { outcome: "prompted" } }
      const device = [...devices.values()].find(
        ({ decision, expiresAt, userCode }) =>
          userCode === fields.get("user_code") && decision === "open" && now < expiresAt,
      )
      const decision = fields.get("decision")
      if (device === undefined || (decision !== "allow" && decision !== "deny")) {
        return { reply: text(404, "This code is not known here."), finding: { outcome: "refused: bad challenge" } }
      }
      device.decision = decision
      return { reply: text(200, "Thank you."), finding: { client: device.client, outcome: "decided" } }
    }

    return {
      routes: [
        { methods: ["POST"], paths: ["/device_authorization"], answer: authorizeDevice },
        { methods: ["POST"], paths: ["/token"], answer: token, issues: true },
        { methods: ["GET"], paths: ["/authorize"], answer: authorize },
        { methods: ["GET", "POST"], paths: ["/device"], answer: decide },
      ],
      ...table,
    }
  },
})
