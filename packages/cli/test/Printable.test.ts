/** Nothing that a terminal obeys is printed, and JSON says the same as before. */
import { assert, describe, it } from "@effect/vitest"
import * as Schema from "effect/Schema"
import * as Printable from "../src/shell/Printable.ts"

/** First and last of those that a terminal obeys: C0, DEL and C1; the bidirectional ones; the separators of lines. */
const ranges = [
  [0, 0x1f],
  [0x7f, 0x9f],
  [0x61c, 0x61c],
  [0x200e, 0x200f],
  [0x2028, 0x202e],
  [0x2066, 0x2069],
] as const

const isObeyed = (character: string) => {
  const code = character.charCodeAt(0)
  return ranges.some(([first, last]) => first <= code && code <= last)
}

describe("what is printed", () => {
  it("has nothing in it that a terminal obeys", () => {
    const all = String.fromCharCode(...Array.from({ length: 0x2100 }, (_, code) => code))
    assert.isNotEmpty([...all].filter(isObeyed))
    assert.isEmpty([...Printable.line(all)].filter(isObeyed))
    assert.isEmpty([...Printable.json({ [all]: [all] })].filter(isObeyed))
    assert.strictEqual(Printable.json("\u009b2J \u202e \u007f é ☎"), '"\\u009b2J \\u202e \\u007f é ☎"')
  })

  it.prop("as JSON is the same value", [Schema.Json], ([value]) => {
    assert.deepStrictEqual(JSON.parse(Printable.json(value)), JSON.parse(JSON.stringify(value)))
  })
})
