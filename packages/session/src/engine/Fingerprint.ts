/** Names of secrets: HMAC with SHA-256 (RFC 2104) under a random key that does not leave this process. */

import * as Effect from "effect/Effect"
import * as Redacted from "effect/Redacted"

/**
 * Names a secret: the same one always, and another one for any other secret.
 *
 * @category models
 */
export type Fingerprint = (secret: Redacted.Redacted<string>) => Effect.Effect<string>

/**
 * Makes one with a key of its own, so that names of two of them say nothing of each other.
 *
 * @category constructors
 */
export const make = (): Fingerprint => {
  const hmacKey = crypto.subtle.generateKey({ name: "HMAC", hash: "SHA-256" }, false, ["sign"])
  return (secret) =>
    Effect.promise(async () => {
      const mac = await crypto.subtle.sign("HMAC", await hmacKey, new TextEncoder().encode(Redacted.value(secret)))
      return [...new Uint8Array(mac, 0, 16)].map((byte) => byte.toString(16).padStart(2, "0")).join("")
    })
}
