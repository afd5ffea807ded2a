/**
 * Opens a box of XChaCha20-Poly1305 (draft-irtf-cfrg-xchacha-03, RFC 8439). Tests hold it to the vectors of both, and to what Effect's
 * `Aead` seals.
 *
 * The command prints a kept token by it. Effect's own takes longer to load than that may take, and so does `node:crypto`, which has no
 * XChaCha. It only opens, and never seals. A record has a few hundred bytes, so this is short and not quick.
 */

const rotated = (word: number, by: number): number => (word << by) | (word >>> (32 - by))

/** One quarter round of ChaCha (RFC 8439 §2.1). The indices are those of sixteen words. */
const quarter = (x: Int32Array, a: number, b: number, c: number, d: number): void => {
  let at = x[a] as number
  let bt = x[b] as number
  let ct = x[c] as number
  let dt = x[d] as number
  at = (at + bt) | 0
  dt = rotated(dt ^ at, 16)
  ct = (ct + dt) | 0
  bt = rotated(bt ^ ct, 12)
  at = (at + bt) | 0
  dt = rotated(dt ^ at, 8)
  ct = (ct + dt) | 0
  bt = rotated(bt ^ ct, 7)
  x[a] = at
  x[b] = bt
  x[c] = ct
  x[d] = dt
}

/** Twenty rounds, over all columns and all diagonals by turns (RFC 8439 §2.3). */
const mixed = (x: Int32Array): Int32Array => {
  for (let round = 0; round < 10; round++) {
    quarter(x, 0, 4, 8, 12)
    quarter(x, 1, 5, 9, 13)
    quarter(x, 2, 6, 10, 14)
    quarter(x, 3, 7, 11, 15)
    quarter(x, 0, 5, 10, 15)
    quarter(x, 1, 6, 11, 12)
    quarter(x, 2, 7, 8, 13)
    quarter(x, 3, 4, 9, 14)
  }
  return x
}

/** `expand 32-byte k` in little endian. */
const constants = [0x61707865, 0x3320646e, 0x79622d32, 0x6b206574]

const words = (bytes: Uint8Array): ReadonlyArray<number> => {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength)
  return Array.from({ length: bytes.length / 4 }, (_, at) => view.getInt32(at * 4, true))
}

const bytesOf = (numbers: Int32Array): Uint8Array => {
  const made = new DataView(new ArrayBuffer(numbers.length * 4))
  for (const [at, number] of numbers.entries()) made.setInt32(at * 4, number, true)
  return new Uint8Array(made.buffer)
}

/**
 * HChaCha20 (§2.2 of the draft): a subkey of 32 bytes, of a key of 32 bytes and a nonce of 16.
 *
 * @category crypto
 */
export const subkey = (key: Uint8Array, nonce: Uint8Array): Uint8Array => {
  const x = mixed(Int32Array.from([...constants, ...words(key), ...words(nonce)]))
  return bytesOf(Int32Array.from([...x.subarray(0, 4), ...x.subarray(12)]))
}

/** A block of the key stream (RFC 8439 §2.3), of a nonce of 12 bytes. */
const block = (key: Uint8Array, nonce: Uint8Array, counter: number): Uint8Array => {
  const start = Int32Array.from([...constants, ...words(key), counter, ...words(nonce)])
  return bytesOf(mixed(start.slice()).map((word, at) => word + (start[at] ?? 0)))
}

/** Little endian. */
const numberOf = (bytes: Uint8Array): bigint => BigInt(`0x${Buffer.from(bytes).reverse().toString("hex")}`)

const BLOCK = 16

/** Poly1305 (RFC 8439 §2.5). */
const tagOf = (key: Uint8Array, message: Uint8Array): bigint => {
  const prime = (1n << 130n) - 5n
  const r = numberOf(key.subarray(0, 16)) & 0x0ffffffc0ffffffc0ffffffc0fffffffn
  let sum = 0n
  for (let at = 0; at < message.length; at += BLOCK) {
    const part = message.subarray(at, at + BLOCK)
    sum = ((sum + numberOf(part) + (1n << BigInt(8 * part.length))) * r) % prime
  }
  return (sum + numberOf(key.subarray(16, 32))) & ((1n << 128n) - 1n)
}

/** The input of the tag: the associated data and the text, each filled up with zeros, and their lengths (RFC 8439 §2.8). */
const authenticated = (associated: Uint8Array, text: Uint8Array): Uint8Array => {
  const filled = (length: number) => Math.ceil(length / BLOCK) * BLOCK
  const textAt = filled(associated.length)
  const lengthsAt = textAt + filled(text.length)
  const message = new Uint8Array(lengthsAt + BLOCK)
  message.set(associated)
  message.set(text, textAt)
  const view = new DataView(message.buffer)
  view.setUint32(lengthsAt, associated.length, true)
  view.setUint32(lengthsAt + 8, text.length, true)
  return message
}

/**
 * What is in the box, of a nonce of 24 bytes; `undefined` if the key, the nonce, the box or the associated data is not the one.
 *
 * @category crypto
 */
export const open = (
  key: Uint8Array,
  nonce: Uint8Array,
  box: Uint8Array,
  associated: Uint8Array,
): Uint8Array | undefined => {
  if (key.length !== 32 || nonce.length !== 24 || box.length < BLOCK) return undefined
  const own = subkey(key, nonce.subarray(0, 16))
  const short = new Uint8Array(12)
  short.set(nonce.subarray(16), 4)
  const text = box.subarray(0, box.length - BLOCK)
  const tag = tagOf(block(own, short, 0), authenticated(associated, text))
  if (tag !== numberOf(box.subarray(box.length - BLOCK))) return undefined
  const opened = new Uint8Array(text.length)
  for (let at = 0; at < text.length; at += 64) {
    const stream = block(own, short, 1 + at / 64)
    const end = Math.min(text.length, at + 64)
    for (let index = at; index < end; index++) opened[index] = (text[index] as number) ^ (stream[index - at] as number)
  }
  return opened
}
