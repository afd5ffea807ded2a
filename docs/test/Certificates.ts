/**
 * A certificate authority of a test's own, and a certificate of this machine that it signed: made anew each time, so that no
 * private key lies anywhere. X.509 as of RFC 5280, in DER. Ours, because a library for it brings a dozen packages into each clone, for
 * the tests of one example.
 */
import { generateKeyPairSync, type KeyObject, randomBytes, sign } from "node:crypto"

const der = (tag: number, ...parts: ReadonlyArray<Uint8Array>): Buffer => {
  const body = Buffer.concat(parts)
  const { length: size } = body
  const length = size < 128 ? [size] : size < 256 ? [0x81, size] : [0x82, size >> 8, size & 0xff]
  return Buffer.concat([Buffer.from([tag, ...length]), body])
}
const sequence = (...parts: ReadonlyArray<Uint8Array>) => der(0x30, ...parts)
const oid = (hex: string) => der(0x06, Buffer.from(hex, "hex"))
const bits = (bytes: Uint8Array) => der(0x03, Buffer.of(0), bytes)
const octets = (bytes: Uint8Array) => der(0x04, bytes)
const text = (tag: number, words: string) => der(tag, Buffer.from(words))

const ecdsaWithSha256 = sequence(oid("2a8648ce3d040302"))
const named = (name: string) => sequence(der(0x31, sequence(oid("550403"), text(0x0c, name))))
const time = (epochMillis: number) =>
  text(0x17, `${new Date(epochMillis).toISOString().slice(2, 19).replace(/[-T:]/g, "")}Z`)

const critical = Buffer.from("0101ff", "hex")
/** basicConstraints: an authority. */
const isAuthority = sequence(oid("551d13"), critical, octets(sequence(critical)))
/** subjectAltName: 127.0.0.1 and localhost. */
const isThisMachine = sequence(
  oid("551d11"),
  octets(sequence(der(0x87, Buffer.of(127, 0, 0, 1)), text(0x82, "localhost"))),
)

interface Holder {
  readonly name: string
  readonly publicKey: KeyObject
  readonly extension: Buffer
}

const day = 86_400_000

const certificate = (holder: Holder, issuer: { readonly name: string; readonly privateKey: KeyObject }): string => {
  const now = Date.now()
  const signed = sequence(
    der(0xa0, der(0x02, Buffer.of(2))),
    // A positive number.
    der(0x02, Buffer.of(1), randomBytes(15)),
    ecdsaWithSha256,
    named(issuer.name),
    sequence(time(now - day), time(now + day)),
    named(holder.name),
    holder.publicKey.export({ type: "spki", format: "der" }),
    der(0xa3, sequence(holder.extension)),
  )
  const whole = sequence(signed, ecdsaWithSha256, bits(sign("sha256", signed, issuer.privateKey)))
  const lines = whole.toString("base64").match(/.{1,64}/g) ?? []
  return ["-----BEGIN CERTIFICATE-----", ...lines, "-----END CERTIFICATE-----", ""].join("\n")
}

const keys = () => generateKeyPairSync("ec", { namedCurve: "P-256" })

/** What a TLS server of this machine needs, and the authority that whoever meets it must trust, as PEM. */
export const make = (): { readonly authority: string; readonly cert: string; readonly key: string } => {
  const authority = { name: "Test authority", ...keys() }
  const server = { name: "Test server", ...keys() }
  return {
    authority: certificate({ ...authority, extension: isAuthority }, authority),
    cert: certificate({ ...server, extension: isThisMachine }, authority),
    key: server.privateKey.export({ type: "pkcs8", format: "pem" }).toString(),
  }
}
