/** Opening a box without a library: the published vectors, and boxes that Effect's `Aead` sealed. */
import { assert, describe, it } from "@effect/vitest"
import * as Aead from "effect/crypto/Aead"
import * as SecureRandom from "effect/crypto/SecureRandom"
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import * as XChaCha from "../src/start/XChaCha.ts"

const bytes = (hex: string) => new Uint8Array(Buffer.from(hex.replace(/\s/g, ""), "hex"))
const hex = (given: Uint8Array | undefined) => given && Buffer.from(given).toString("hex")

describe("the vectors of draft-irtf-cfrg-xchacha-03", () => {
  const key = bytes("000102030405060708090a0b0c0d0e0f101112131415161718191a1b1c1d1e1f")

  it("§2.2.1: HChaCha20", () => {
    const nonce = bytes("000000090000004a0000000031415927")
    const expected = "82413b4227b27bfed30e42508a877d73a0f9e4d58a74a853c12ec41326d3ecdc"
    assert.strictEqual(hex(XChaCha.subkey(key, nonce)), expected)
  })

  it("A.3.1: the box", () => {
    const text =
      "Ladies and Gentlemen of the class of '99: If I could offer you only one tip for the future, sunscreen would be it."
    const associated = bytes("50515253c0c1c2c3c4c5c6c7")
    const own = bytes("808182838485868788898a8b8c8d8e8f909192939495969798999a9b9c9d9e9f")
    const nonce = bytes("404142434445464748494a4b4c4d4e4f5051525354555657")
    const box = bytes(`
      bd6d179d3e83d43b9576579493c0e939572a1700252bfaccbed2902c21396cbb
      731c7f1b0b4aa6440bf3a82f4eda7e39ae64c6708c54c216cb96b72e1213b452
      2f8c9ba40db5d945b11b69b982c1bb9e3f3fac2bc369488f76b2383565d3fff9
      21f9664c97637da9768812f615c68b13b52e
      c0875924c1c7987947deafd8780acf49`)
    const opened = XChaCha.open(own, nonce, box, associated)
    assert.strictEqual(opened && new TextDecoder().decode(opened), text)
  })
})

const crypto = Layer.provideMerge(Aead.layerWebCrypto, SecureRandom.layerWebCrypto)

describe("what Effect's Aead sealed", () => {
  const sealed = (length: number) =>
    Effect.gen(function* () {
      const aead = yield* Aead.Aead
      const random = yield* SecureRandom.SecureRandom
      const raw = new Uint8Array(yield* random.randomBytes(32))
      const key = yield* Aead.key(Aead.xchacha20Poly1305, raw)
      const nonce = yield* random.randomBytes(24)
      const text = yield* random.randomBytes(length)
      const associated = yield* random.randomBytes(length % 37)
      const box = yield* aead.encrypt(key, text, { nonce, aad: associated })
      return { raw, nonce, text, associated, box }
    }).pipe(Effect.provide(crypto), Effect.runPromise)

  it("opens, at every length around a block", async () => {
    for (const length of [0, 1, 15, 16, 17, 63, 64, 65, 127, 128, 129, 500, 1_000]) {
      const { associated, box, nonce, raw, text } = await sealed(length)
      assert.strictEqual(hex(XChaCha.open(raw, nonce, box, associated)), hex(text), String(length))
    }
  })

  it("does not open when one bit of anything is another one", async () => {
    const { associated, box, nonce, raw } = await sealed(100)
    const flipped = (given: Uint8Array, at: number) => given.map((byte, index) => (index === at ? byte ^ 1 : byte))
    for (let at = 0; at < box.length; at++) {
      assert.isUndefined(XChaCha.open(raw, nonce, flipped(box, at), associated), `box ${at}`)
    }
    for (let at = 0; at < 24; at++) assert.isUndefined(XChaCha.open(raw, flipped(nonce, at), box, associated))
    for (let at = 0; at < 32; at++) assert.isUndefined(XChaCha.open(flipped(raw, at), nonce, box, associated))
    assert.isUndefined(XChaCha.open(raw, nonce, box, flipped(associated, 0)))
    for (const short of [0, 15, 16, 99])
      assert.isUndefined(XChaCha.open(raw, nonce, box.subarray(0, short), associated))
  })
})
