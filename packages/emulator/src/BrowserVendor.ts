/**
 * A made-up vendor where people sign in at a browser: device authorization (RFC 8628), and the authorization code with PKCE (RFC 6749
 * §4.1, RFC 7636, RFC 9207). No vendor's page stands behind it, only the RFCs; each rule names its section.
 *
 * It shares no code with the client. You play the person: `allow` and `deny` decide about what is open.
 */

interface Device {
  readonly userCode: string
  readonly expiresAt: number
  decision: "open" | "allowed" | "denied"
  /** The earliest moment of the next poll. */
  next: number
  /** Between two polls, in ms; each `slow_down` makes it longer. */
  interval: number
}

interface Code {
  readonly redirectUri: string
  readonly challenge: string
  readonly expiresAt: number
}

/** A request, without its secrets. */
export interface Seen {
  /** Epoch ms. */
  readonly at: number
  /** What was asked. */
  readonly what: "device_authorization" | "device_code" | "authorize" | "authorization_code" | "refresh_token" | "other"
  /** The error of the reply; absent for a success. */
  readonly error?: string
}

/** How the vendor is set up. */
export interface Options {
  /** Epoch ms. */
  readonly now: () => number
  /** Life of a device code and of an authorization code, in seconds. */
  readonly codeLifetime?: number
  /** Seconds between two polls; left out of the reply if it is null. */
  readonly interval?: number | null
  /** Life of an access token, in seconds. */
  readonly lifetime?: number
  /** Life of a refresh token, in seconds, which a renewal does not make longer; the reply says it. */
  readonly refreshLifetime?: number
  /** Whether a renewal brings a new refresh token, which lives as long as the first. */
  readonly rotates?: boolean
}

/** The vendor. */
export interface BrowserVendor {
  /** Answers one request. The host does not matter. */
  readonly fetch: (request: Request) => Promise<Response>
  /** The person enters a code and allows, or denies. Whether a sign-in with that code was open. */
  readonly decide: (userCode: string, decision: "allowed" | "denied") => boolean
  /** The next reply to a poll is lost on its way: the vendor acts, and the client hears nothing. */
  readonly losesNext: () => void
  /** The next answer to a poll asks for a slower pace. */
  readonly slowsNext: () => void
  /** What was asked so far. */
  readonly seen: ReadonlyArray<Seen>
  /** Every secret that it gave out. */
  readonly secrets: ReadonlySet<string>
}

/** The client that may sign people in. It has no secret. */
export const clientId = "made-up-app"

/** The issuer, as the redirect names it (RFC 9207 §2). */
export const issuer = "https://vendor.example"

const json = (status: number, body: object) =>
  new Response(JSON.stringify(body), {
    status,
    headers: { "content-type": "application/json", "cache-control": "no-store" },
  })

const base64url = (bytes: Uint8Array) =>
  btoa(String.fromCharCode(...bytes))
    .replaceAll("+", "-")
    .replaceAll("/", "_")
    .replaceAll("=", "")

const random = () => base64url(crypto.getRandomValues(new Uint8Array(24)))

/** RFC 8628 §6.1 proposes such letters: none of them is a vowel, or looks like a digit. */
const letters = "BCDFGHJKLMNPQRSTVWXZ"
const userCode = () =>
  [...crypto.getRandomValues(new Uint8Array(8))].map((byte) => letters[byte % letters.length]).join("")

/** Makes the vendor. */
export const make = (options: Options): BrowserVendor => {
  const { codeLifetime = 600, interval = 5, lifetime = 3_600, now, refreshLifetime, rotates = true } = options
  const devices = new Map<string, Device>()
  const codes = new Map<string, Code>()
  const refreshTokens = new Map<string, number>()
  const seen: Array<Seen> = []
  const secrets = new Set<string>()
  let isLost = false
  let isSlowed = false

  const given = (secret: string) => {
    secrets.add(secret)
    return secret
  }

  const tokens = (end = refreshLifetime === undefined ? Number.POSITIVE_INFINITY : now() + refreshLifetime * 1_000) => {
    const refresh = given(`refresh-${random()}`)
    refreshTokens.set(refresh, end)
    return {
      access_token: given(`access-${random()}`),
      token_type: "Bearer",
      expires_in: lifetime,
      refresh_token: refresh,
      ...(Number.isFinite(end) && { refresh_expires_in: Math.floor((end - now()) / 1_000) }),
    }
  }

  type Result = { readonly error?: string; readonly body?: object; readonly status?: number }

  /** RFC 8628 §3.2. */
  const deviceAuthorization = (form: URLSearchParams, origin: string): Result => {
    if (form.get("client_id") !== clientId) return { error: "invalid_client", status: 401 }
    const code = given(`device-${random()}`)
    const shown = given(userCode())
    devices.set(code, {
      userCode: shown,
      expiresAt: now() + codeLifetime * 1_000,
      decision: "open",
      next: now(),
      interval: (interval ?? 5) * 1_000,
    })
    return {
      body: {
        device_code: code,
        user_code: shown,
        verification_uri: `${origin}/device`,
        verification_uri_complete: `${origin}/device?user_code=${shown}`,
        expires_in: codeLifetime,
        ...(interval !== null && { interval }),
      },
    }
  }

  /** RFC 8628 §3.5. */
  const devicePoll = (form: URLSearchParams): Result => {
    const code = form.get("device_code") ?? ""
    const device = devices.get(code)
    if (form.get("client_id") !== clientId) return { error: "invalid_client", status: 401 }
    if (device === undefined) return { error: "invalid_grant" }
    if (now() >= device.expiresAt) return { error: "expired_token" }
    const isTooSoon = now() < device.next
    if (isSlowed || isTooSoon) device.interval += 5_000
    device.next = now() + device.interval
    if (isSlowed || isTooSoon) {
      isSlowed = false
      return { error: "slow_down" }
    }
    if (device.decision === "open") return { error: "authorization_pending" }
    // RFC 6749 §4.1.2 for codes: it serves once.
    devices.delete(code)
    return device.decision === "denied" ? { error: "access_denied" } : { body: tokens() }
  }

  /** RFC 6749 §4.1.3 and RFC 7636 §4.6. */
  const exchange = async (form: URLSearchParams): Promise<Result> => {
    const code = codes.get(form.get("code") ?? "")
    codes.delete(form.get("code") ?? "")
    if (form.get("client_id") !== clientId) return { error: "invalid_client", status: 401 }
    const verifier = form.get("code_verifier") ?? ""
    const hash = new Uint8Array(await crypto.subtle.digest("SHA-256", new TextEncoder().encode(verifier)))
    const isRight =
      code !== undefined &&
      now() < code.expiresAt &&
      form.get("redirect_uri") === code.redirectUri &&
      /^[A-Za-z0-9\-._~]{43,128}$/.test(verifier) &&
      base64url(hash) === code.challenge
    return isRight ? { body: tokens() } : { error: "invalid_grant" }
  }

  const renew = (form: URLSearchParams): Result => {
    const presented = form.get("refresh_token") ?? ""
    const end = refreshTokens.get(presented)
    if (end === undefined || now() >= end) return { error: "invalid_grant" }
    if (rotates) refreshTokens.delete(presented)
    const { refresh_token, ...rest } = tokens(end)
    if (!rotates) refreshTokens.delete(refresh_token)
    return { body: rotates ? { refresh_token, ...rest } : rest }
  }

  /** RFC 6749 §4.1.1 and §4.1.2: the person is signed in and allows at once, or denies with `&deny`. */
  const authorize = (url: URL): Response => {
    const query = url.searchParams
    const redirectUri = query.get("redirect_uri") ?? ""
    const isOurs = query.get("client_id") === clientId && URL.canParse(redirectUri)
    // RFC 6749 §4.1.2.1: no redirect to an address that is not the client's.
    if (!isOurs) return new Response("This app is not known here.", { status: 400 })
    const back = new URL(redirectUri)
    const isPkce =
      query.get("code_challenge_method") === "S256" && /^[\w-]{43}$/.test(query.get("code_challenge") ?? "")
    const error = query.has("deny")
      ? "access_denied"
      : query.get("response_type") === "code" && isPkce
        ? undefined
        : "invalid_request"
    if (error !== undefined) back.searchParams.set("error", error)
    else {
      const code = given(`code-${random()}`)
      codes.set(code, {
        redirectUri,
        challenge: query.get("code_challenge") ?? "",
        expiresAt: now() + codeLifetime * 1_000,
      })
      back.searchParams.set("code", code)
    }
    back.searchParams.set("state", query.get("state") ?? "")
    back.searchParams.set("iss", issuer)
    return new Response(null, { status: 302, headers: { location: back.href } })
  }

  const answer = async (request: Request): Promise<Response> => {
    const url = new URL(request.url)
    const at = now()
    if (url.pathname === "/authorize") {
      seen.push({ at, what: "authorize" })
      return authorize(url)
    }
    const form = new URLSearchParams(await request.text())
    const grant = form.get("grant_type")
    const [what, found]: readonly [Seen["what"], Result] =
      url.pathname === "/device_authorization"
        ? ["device_authorization", deviceAuthorization(form, url.origin)]
        : grant === "urn:ietf:params:oauth:grant-type:device_code"
          ? ["device_code", devicePoll(form)]
          : grant === "authorization_code"
            ? ["authorization_code", await exchange(form)]
            : grant === "refresh_token"
              ? ["refresh_token", renew(form)]
              : ["other", { error: "unsupported_grant_type" }]
    const { body, error, status = 400 } = found
    seen.push({ at, what, ...(error !== undefined && { error }) })
    if (isLost && what === "device_code") {
      isLost = false
      throw new TypeError("the connection was lost")
    }
    return error === undefined ? json(200, body ?? {}) : json(status, { error })
  }

  return {
    fetch: answer,
    decide: (code, decision) => {
      const device = [...devices.values()].find((one) => one.userCode === code && one.decision === "open")
      if (device === undefined || now() >= device.expiresAt) return false
      device.decision = decision
      return true
    },
    losesNext: () => {
      isLost = true
    },
    slowsNext: () => {
      isSlowed = true
    },
    seen,
    secrets,
  }
}
