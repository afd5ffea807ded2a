/** P8: how long it takes to read a reply, by its size and shape. The other side chooses both, and the event loop waits. */

import * as SkySwitch from "@pbx-auth/providers/SkySwitch"
import * as Redacted from "effect/Redacted"
import * as Reply from "../../../packages/providers/src/reply/Reply.ts"
import type { Bar, Bench, Row } from "../Board.ts"
import { type Contender, race } from "../Rounds.ts"
import { median, quartiles, ratio } from "../Sample.ts"

const KIB = 1_024

/** What a reading may take, in ms, beside twice what `JSON.parse` takes, and how much more for twice the size. */
const ALLOWANCE = 1
const GROWTH = 2.3

const start = '{"access_token":"an-access-token","uid":"1000@acmecorp.12345.service"'

/** As many parts as fit. */
const filled = (head: string, part: (index: number) => string, tail: string) => (bytes: number) => {
  const parts = [head]
  let left = bytes - head.length - tail.length
  for (let one = part(0); left >= one.length; one = part(parts.length)) {
    parts.push(one)
    left -= one.length
  }
  return [...parts, tail].join("")
}

/** Each with something that a careless reader would read again and again. */
const shapes: Readonly<Record<string, (bytes: number) => string>> = {
  "one string": filled(`${start},"error_description":"`, () => "-eyJaaaaa", '"}'),
  words: filled(`${start},"error":"x","message":"`, () => "token ", '"}'),
  "many keys": filled(start, (index) => `,"key${index}":"value ${index}"`, "}"),
  nesting: (bytes) => {
    const depth = Math.floor((bytes - start.length - 8) / 6)
    return `${start},"x":${'{"a":'.repeat(depth)}1${"}".repeat(depth)}}`
  },
}

const secrets = ["a-password-of-somebody", "a-client-secret"].map((secret) => Redacted.make(secret))

const reading = (purpose: Reply.Asked["purpose"], status: number) => {
  const asked: Reply.Asked = { provider: SkySwitch.provider, purpose, bearerInHeader: true, secrets, now: 0 }
  const decode = purpose === "inspect" ? Reply.inspection : Reply.tokenReply
  return (text: string): unknown => decode({ status, headers: {}, text, at: 0 }, asked)
}

/** Success and refusal have readers of their own. */
const readers = [reading("Password", 200), reading("Passcode", 401), reading("inspect", 200), reading("inspect", 401)]

/** The mean of some in a row, in ms: one is too short for the clock. */
const timed = (name: string, times: number, run: () => unknown): Contender => ({
  name,
  run: () => {
    const begun = performance.now()
    for (let left = times; left > 0; left--) run()
    return (performance.now() - begun) / times
  },
})

interface Read {
  readonly rows: ReadonlyArray<Row>
  readonly bars: ReadonlyArray<Bar>
}

const readOf = async (
  shape: string,
  of: (bytes: number) => string,
  sizes: ReadonlyArray<number>,
  isSmall: boolean,
): Promise<Read> => {
  const largest = Math.max(...sizes)
  const texts = sizes.map((size) => ({ size, text: of(size * KIB) }))
  const contenders = texts.flatMap(({ size, text }) => {
    // Each size reads as much in all, so that other work of the machine interrupts each as often.
    const times = isSmall ? 1 : (5 * largest) / size
    return [
      timed(`${size}`, times, () => JSON.parse(text)),
      ...readers.map((read, index) => timed(`${size} ${index}`, times, () => read(text))),
    ]
  })
  const samples = await race(contenders, isSmall ? { rounds: 3, warmUp: 1 } : { rounds: 41, warmUp: 8 })
  const sample = (name: string) => samples.get(name) ?? []
  const [half = 0, whole = 0] = sizes.slice(-2)
  // The slowest of the readers, by what it takes for the most.
  const slowest = readers
    .map((_, index) => index)
    .reduce((a, b) => (median(sample(`${whole} ${a}`)) >= median(sample(`${whole} ${b}`)) ? a : b))
  const parse = median(sample(`${whole}`))
  const read = median(sample(`${whole} ${slowest}`))
  const growth = ratio(sample(`${whole} ${slowest}`), sample(`${half} ${slowest}`))
  const allowed = ALLOWANCE + 2 * parse
  return {
    rows: [
      ...sizes.map((size) => ({ name: `${shape}, ${size} KiB`, estimate: quartiles(sample(`${size} ${slowest}`)) })),
      { name: `${shape}, ${whole} KiB, JSON.parse alone`, estimate: quartiles(sample(`${whole}`)) },
    ],
    bars: [
      {
        says: `${shape}: ${whole} KiB in at most ${ALLOWANCE} ms + 2 × JSON.parse`,
        found: `${read.toFixed(2)} of ${allowed.toFixed(2)} ms`,
        holds: read <= allowed,
      },
      {
        says: `${shape}: ${whole} KiB at most ${GROWTH} × ${half} KiB`,
        found: `${growth.value.toFixed(2)} ×`,
        holds: growth.value <= GROWTH,
      },
    ],
  }
}

export const bench: Bench = {
  id: "P8",
  title: "reading a reply, by its size and shape",
  run: async (isSmall) => {
    const sizes = isSmall ? [2, 4] : [8, 16, 32, 64]
    const read: Array<Read> = []
    for (const [shape, of] of Object.entries(shapes)) read.push(await readOf(shape, of, sizes, isSmall))
    return {
      tables: [
        { title: "the slowest reader", unit: "ms", spread: "quartiles", rows: read.flatMap(({ rows }) => rows) },
      ],
      bars: read.flatMap(({ bars }) => bars),
      notes: ["read as a success and as a refusal, of a grant and of a question; the slowest is shown"],
    }
  },
}
