/**
 * The kept token of a profile, read without Effect and without a session: one small file is opened, and the token is printed. That
 * is what most runs of the command are for.
 *
 * It only reads. Whatever is not as expected, a token that is due, a key that does not fit, a file of another version, it returns
 * `undefined`, and the work begins that can renew and knows what to say. Tests hold it to what `SealedTokenStore` writes.
 */

import { closeSync, fstatSync, openSync, readdirSync, readFileSync, statSync } from "node:fs"
import { join } from "node:path"
import type { Target } from "../kept/Kept.ts"
import * as Place from "../profile/Place.ts"
import type { Profile } from "../profile/Profile.ts"
import type { Work } from "./Answer.ts"
import * as TokenLine from "./TokenLine.ts"
import * as XChaCha from "./XChaCha.ts"

/** A file of this user's that nobody else can read. */
const readOwn = (path: string, user: number | undefined): string | undefined => {
  const file = openSync(path, "r")
  try {
    const { mode, uid } = fstatSync(file)
    return user !== undefined && (![user, 0].includes(uid) || (mode & 0o077) !== 0)
      ? undefined
      : readFileSync(file, "utf8")
  } finally {
    closeSync(file)
  }
}

/** The same check as that of `FileCells`: others must not be able to put a file there. The folder may be reached by a link. */
const isOwn = (folder: string, user: number | undefined): boolean => {
  const info = statSync(folder)
  return info.isDirectory() && (user === undefined || (info.uid === user && (info.mode & 0o022) === 0))
}

const latest = (folder: string): number | undefined => {
  const numbers = readdirSync(folder)
    .filter((name) => /^[1-9]\d{0,15}$/.test(name))
    .map(Number)
  return numbers.length === 0 ? undefined : Math.max(...numbers)
}

/**
 * What a version's file holds, as `FileFrame` writes it: `PBXC | format | kind | nonce (8) | name's length (2) | content's length (4) |
 * name | content | checksum (4)`. The checksum finds accidents, and so does the seal, which is looked at anyway.
 */
const contentOf = (file: Buffer, name: string): Buffer | undefined => {
  const HEADER = 20
  const CHECKSUM = 4
  if (file.length < HEADER || file.toString("latin1", 0, 4) !== "PBXC") return undefined
  const isCell = file[4] === 1 && file[5] === 0
  const nameEnd = HEADER + file.readUInt16BE(14)
  const end = nameEnd + file.readUInt32BE(16)
  const isWhole = end + CHECKSUM === file.length && file.toString("utf8", HEADER, nameEnd) === JSON.stringify(name)
  return isCell && isWhole ? file.subarray(nameEnd, end) : undefined
}

/** `format | length of the id | key id | nonce | box`, as `Seal` writes it. */
const opened = (keys: ReadonlyArray<Uint8Array>, name: string, bytes: Uint8Array): Uint8Array | undefined => {
  const NONCE = 10
  const BOX = NONCE + 24
  if (bytes[0] !== 1 || bytes[1] !== 8) return undefined
  const aad = Buffer.from(name)
  for (const key of keys) {
    const content = XChaCha.open(key, bytes.subarray(NONCE, BOX), bytes.subarray(BOX), aad)
    if (content !== undefined) return content
  }
  return undefined
}

const isText = (value: unknown): value is string => typeof value === "string" && value !== ""
const isMoment = (value: unknown): value is number | null => value === null || typeof value === "number"

/** How far another machine's clock may be ahead, in ms: as of the session. */
const TOLERANCE = 60_000

/** What a record says of a token that is usable and not due. */
const shown = (
  text: string,
  { provider }: Profile,
  subject: string | undefined,
  now: number,
): TokenLine.Shown | undefined => {
  const { record, v } = JSON.parse(text)
  const { times, tokens } = record
  if (v !== 1 || !isText(tokens.accessToken) || !isText(tokens.tokenType)) return undefined
  const { dueAt, expiresAt, issuedAt, usableUntil } = times
  if (![dueAt, expiresAt, usableUntil].every(isMoment) || typeof issuedAt !== "number") return undefined
  const isAhead = (moment: number | null) => moment === null || now < moment
  if (!isAhead(dueAt) || !isAhead(usableUntil) || issuedAt > now + TOLERANCE) return undefined
  const { accessToken: token, identity, scope, tokenType } = tokens
  if (scope !== null && typeof scope !== "string") return undefined
  return { token, tokenType, expiresAt, scope, identity, provider, subject: subject ?? null }
}

/**
 * The bearer of a profile, or of the user whom it acts for, if it is usable now (epoch ms) and not due.
 *
 * @category reading
 */
export const read = (
  directory: string,
  profile: Profile,
  now: number,
  subject?: string | undefined,
): TokenLine.Shown | undefined => {
  try {
    const user = process.geteuid?.()
    const cells = Place.cellsFolder(directory)
    const text = readOwn(Place.keyFile(directory), user)
    // Whoever may write to the folder may put another `key` or other `cells` there.
    if (text === undefined || !isOwn(directory, user) || !isOwn(cells, user)) return undefined
    const keys = text.split(/[\s,]+/).filter(isText)
    const key = subject === undefined ? Place.recordKey(profile) : Place.actingKey(profile, subject)
    const name = Place.recordCell(key)
    const folder = Place.cellFolder(directory, name)
    const number = latest(folder)
    if (number === undefined) return undefined
    const sealed = contentOf(readFileSync(join(folder, String(number))), name)
    if (sealed === undefined) return undefined
    const content = opened(
      keys.map((key) => Buffer.from(key, "base64url")),
      name,
      sealed,
    )
    return content === undefined ? undefined : shown(Buffer.from(content).toString("utf8"), profile, subject, now)
  } catch {
    return undefined
  }
}

/**
 * The same for a command that is about a profile.
 *
 * @category reading
 */
export const of = (target: Target, actAs: string | undefined, now: number): TokenLine.Shown | undefined =>
  target.of === "profile" && target.profile !== undefined
    ? read(target.directory, target.profile, now, actAs)
    : undefined

/**
 * The line that the command prints, if it is about a kept token that is usable now.
 *
 * @category reading
 */
export const line = (work: Work, now: number): string | undefined => {
  if (work.wants !== "token" && work.wants !== "act-as") return undefined
  const found = of(work.target, work.wants === "token" ? work.given.actAs : work.given.argument, now)
  return found === undefined ? undefined : TokenLine.of(work.given, found)
}
