/** Replies as a transport hands them over, and what was asked. */
import * as Redacted from "effect/Redacted"
import * as Result from "effect/Result"
import * as Schema from "effect/Schema"
import type { Provider } from "../src/description/Provider.ts"
import type { AuthError } from "../src/error/AuthError.ts"
import type { Purpose } from "../src/refusal/Refusal.ts"
import * as Reply from "../src/reply/Reply.ts"
import type { TokenReply } from "../src/token/Token.ts"
import * as SkySwitch from "../src/vendors/SkySwitch.ts"

export const now = 1_700_000_000_000

export const asked = (
  provider: Provider,
  purpose: Purpose = "Password",
  secrets: ReadonlyArray<string> = [],
): Reply.Asked => ({
  provider,
  purpose,
  bearerInHeader: provider.id === "ipex" && purpose === "ActAs",
  secrets: secrets.map((secret) => Redacted.make(secret)),
  now,
})

export const reply = (body: unknown, status = 200, headers: Record<string, string> = {}): Reply.Reply => ({
  status,
  headers,
  text: typeof body === "string" ? body : JSON.stringify(body),
  at: now + 500,
})

export const skyswitch = asked(SkySwitch.provider)

export const decode = (body: unknown, what = skyswitch) => Reply.tokenReply(reply(body), what)

/** What a reply means, with its secrets laid open. */
export const open = (result: Result.Result<TokenReply, AuthError>): unknown =>
  Result.match(result, {
    onFailure: ({ reason }) => reason._tag,
    onSuccess: (reply) =>
      reply._tag === "Challenged"
        ? { ...reply.challenge, token: Redacted.value(reply.challenge.token) }
        : {
            ...reply.tokens,
            accessToken: Redacted.value(reply.tokens.accessToken),
            refreshToken: reply.tokens.refreshToken && Redacted.value(reply.tokens.refreshToken),
          },
  })

export const canary = "canary-0123456789"

export const status = Schema.Union([Schema.Literals([0, 200, 204, 301, 400, 401, 403, 404, 429, 500, 503]), Schema.Int])
