/** Whatever a wire brings: no decoder throws, and none leaks. */
import { assert, describe, it } from "@effect/vitest"
import * as Arbitrary from "effect/Arbitrary"
import * as Schema from "effect/Schema"
import * as Reply from "../src/reply/Reply.ts"
import * as Ipex from "../src/vendors/Ipex.ts"
import * as Landstar from "../src/vendors/Landstar.ts"
import * as NetSapiens from "../src/vendors/NetSapiens.ts"
import * as SangomaCx from "../src/vendors/SangomaCx.ts"
import * as SkySwitch from "../src/vendors/SkySwitch.ts"
import { leaked } from "./Leak.ts"
import { asked, canary, now, status } from "./Replied.ts"

const providers = [SkySwitch.provider, Landstar.provider, Ipex.provider, SangomaCx.provider, NetSapiens.provider]

const purposes = ["Password", "ClientCredentials", "RefreshToken", "Passcode", "ActAs", "inspect", "revoke"] as const

/** JSON objects whose keys are those that decoders look at, with the canary among their values. */
const keyed = Arbitrary.map(
  Arbitrary.array(
    Arbitrary.all([
      Arbitrary.schema(
        Schema.Literals([
          "access_token",
          "refresh_token",
          "token_type",
          "expires_in",
          "scope",
          "mfa",
          "mfa_type",
          "error",
          "error_description",
          "code",
          "message",
          "token",
          "uid",
          "displayName",
          "expires",
          "anything",
        ]),
      ),
      Arbitrary.schema(
        Schema.Union([Schema.Json, Schema.Literals([canary, `say ${canary}`, "Bearer", "mfa_required", "3600"])]),
      ),
    ]),
    { maxLength: 10 },
  ),
  (pairs) => Object.fromEntries(pairs),
)

const decoders = [Reply.tokenReply, Reply.inspection, Reply.revocation]

const everywhere = (text: string, status: number): ReadonlyArray<unknown> =>
  providers.flatMap((provider) =>
    purposes.flatMap((purpose) =>
      decoders.map((decode) =>
        decode(
          { status, headers: { "retry-after": text.slice(0, 40) }, text, at: now },
          asked(provider, purpose, [canary]),
        ),
      ),
    ),
  )

/** A hundred replies of each kind are for the matrix. */
const amounts = [
  { amount: "a few times", options: { arbitrary: { runs: 30 } } },
  { amount: "", options: { tags: ["matrix"] } },
]

describe("whatever a wire brings", () => {
  for (const { amount, options } of amounts) {
    const named = (name: string) => [name, amount].join(", ").replace(/, $/, "")

    it.prop(
      named("no text makes a decoder throw"),
      [Schema.String, status],
      ([text, status]) => {
        assert.isNotEmpty(everywhere(text, status))
      },
      options,
    )

    it.prop(
      named("no bytes make a decoder throw"),
      [Schema.Uint8Array, status],
      ([bytes, status]) => {
        assert.isNotEmpty(everywhere(new TextDecoder().decode(bytes), status))
      },
      options,
    )

    it.prop(
      named("no JSON makes a decoder throw or leak"),
      [keyed, status],
      ([object, status]) => {
        assert.isEmpty(leaked(everywhere(JSON.stringify(object), status), [canary]))
      },
      options,
    )
  }
})
