/** A body is the same text in however many pieces it comes. */
import { expect, it } from "vitest"
import { BodyText, maxBodyBytes } from "../src/wire/Wire.ts"

const textOf = (...pieces: ReadonlyArray<Uint8Array>) => {
  const body = new BodyText()
  const wanted = pieces.map((piece) => body.add(piece))
  return { text: body.end(), wanted }
}

it("joins what comes in pieces, also in the middle of a character", () => {
  const bytes = new TextEncoder().encode(`\uFEFF{"name":"Zoë €😀"}`)
  for (let at = 0; at <= bytes.length; at++) {
    const rest = bytes.subarray(at)
    expect(textOf(bytes.subarray(0, at), rest.subarray(0, 1), rest.subarray(1)).text).toBe('{"name":"Zoë €😀"}')
  }
  expect(textOf(bytes).text).toBe('{"name":"Zoë €😀"}')
  expect(textOf().text).toBe("")
})

it("takes as much as there is room for, in one piece or in several", () => {
  const full = new Uint8Array(maxBodyBytes).fill(0x61)
  expect(textOf(full)).toEqual({ text: "a".repeat(maxBodyBytes), wanted: [true] })
  const over = { text: "a".repeat(maxBodyBytes), wanted: [true, false] }
  expect(textOf(full, full)).toEqual(over)
  expect(textOf(full.subarray(1), full)).toEqual(over)
  expect(textOf(new Uint8Array(maxBodyBytes + 1).fill(0x61)).wanted).toEqual([false])
})
