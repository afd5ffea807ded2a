/**
 * The bytes of one file: a version of a cell, framed, so that a torn or foreign file is seen to be one.
 *
 * `PBXC | format | kind | nonce (8) | name's length (2) | content's length (4) | name | content | CRC-32 of all before (4)`, numbers in
 * big endian. The checksum finds accidents. Attackers are what the seal inside is for.
 */

/**
 * `bytes` `undefined` is a removal. `nonce` makes a version unlike any other, also if an old copy of the directory is put back.
 *
 * @category models
 */
export interface FileFrame {
  readonly name: string
  /** 16 hexadecimal digits. */
  readonly nonce: string
  readonly bytes: Uint8Array | undefined
}

const MAGIC = Uint8Array.of(0x50, 0x42, 0x58, 0x43)
const FORMAT = 1
const HEADER = 20
const CHECKSUM = 4
const CELL = 0
const REMOVAL = 1

/** CRC-32 as of ISO 3309, bit by bit: a record has a few hundred bytes. */
const checksum = (bytes: Uint8Array): number => {
  let crc = -1
  for (const byte of bytes) {
    crc ^= byte
    for (let bit = 0; bit < 8; bit++) crc = (crc >>> 1) ^ (crc & 1 ? 0xedb88320 : 0)
  }
  return ~crc >>> 0
}

/** @category constructors */
export const makeNonce = (): string => crypto.randomUUID().replaceAll("-", "").slice(-16)

/** @category encoding */
export const encode = ({ bytes, name, nonce }: FileFrame): Uint8Array => {
  const content = bytes ?? new Uint8Array(0)
  const nameBytes = new TextEncoder().encode(JSON.stringify(name))
  const file = new Uint8Array(HEADER + nameBytes.length + content.length + CHECKSUM)
  const view = new DataView(file.buffer)
  file.set(MAGIC)
  file[4] = FORMAT
  file[5] = bytes === undefined ? REMOVAL : CELL
  view.setBigUint64(6, BigInt(`0x${nonce}`))
  view.setUint16(14, nameBytes.length)
  view.setUint32(16, content.length)
  file.set(nameBytes, HEADER)
  file.set(content, HEADER + nameBytes.length)
  const end = file.length - CHECKSUM
  view.setUint32(end, checksum(file.subarray(0, end)))
  return file
}

/**
 * The frame that a file holds, or what is wrong with it.
 *
 * @category decoding
 */
export const decode = (file: Uint8Array): FileFrame | "unreadable" | "newer" => {
  if (MAGIC.some((byte, at) => file[at] !== byte) || file.length < HEADER + CHECKSUM) return "unreadable"
  if (Number(file[4]) > FORMAT) return "newer"
  const view = new DataView(file.buffer, file.byteOffset, file.byteLength)
  const nameEnd = HEADER + view.getUint16(14)
  const end = file.length - CHECKSUM
  if (nameEnd + view.getUint32(16) !== end) return "unreadable"
  if (view.getUint32(end) !== checksum(file.subarray(0, end))) return "unreadable"
  const kind = file[5]
  return {
    name: JSON.parse(new TextDecoder().decode(file.subarray(HEADER, nameEnd))),
    nonce: view.getBigUint64(6).toString(16).padStart(16, "0"),
    // A copy: what was read may be a piece of a larger buffer.
    bytes: kind === REMOVAL ? undefined : new Uint8Array(file.subarray(nameEnd, end)),
  }
}
