/** The results of the rows, for a terminal and as JSON. Ours: a reporter of a test runner shows assertions, and a row shows figures. */
import { styleText } from "node:util"
import wrapAnsi from "wrap-ansi"
import type { Figure, Finding } from "./Finding.ts"
import type { Row } from "./Row.ts"

export interface Line {
  readonly row: Row
  readonly finding: Finding
  readonly seconds: number
}

const WIDTH = 96
const INDENT = 13

/** Words in lines that are no longer than the width; words longer than that stay whole. */
const wrapped = (words: string): ReadonlyArray<string> => wrapAnsi(words, WIDTH - INDENT).split("\n")

type Style = "bold" | "dim" | "green" | "red" | "none"

/** Colour for a terminal, only words for anything else. */
const painted = (style: Style, words: string) =>
  style === "none" ? words : styleText(style, words, { stream: process.stdout })

/** Only the first of many of a kind: a hundred more would hide the rest of the table. */
const MOST = 12

const shortened = (sentences: ReadonlyArray<string>): ReadonlyArray<string> =>
  sentences.length <= MOST ? sentences : [...sentences.slice(0, MOST), `and ${sentences.length - MOST} more`]

const indented = (words: string, style: Style = "none") =>
  wrapped(words)
    .map((line) => `${" ".repeat(INDENT)}${painted(style, line)}`)
    .join("\n")

export const figuresOf = (figures: ReadonlyArray<Figure>): string =>
  figures.map(({ name, value }) => `${name}: ${value}`).join(" · ")

/** One row of the table. */
export const block = ({ finding, row, seconds }: Line): string => {
  const { bar, fault, id, others } = row
  const verdict = finding.held ? painted("green", "held ") : painted("red", "SHORT")
  const [first = "", ...rest] = wrapped(fault)
  const took = `${seconds.toFixed(1)} s`
  const gap = " ".repeat(Math.max(1, WIDTH - INDENT - first.length - took.length))
  return [
    ` ${painted("bold", id.padEnd(5))}${verdict}  ${painted("bold", first)}${gap}${painted("dim", took)}`,
    ...rest.map((line) => `${" ".repeat(INDENT)}${painted("bold", line)}`),
    indented(`bar: ${bar}`),
    ...(finding.figures.length > 0 ? [indented(figuresOf(finding.figures), finding.held ? "green" : "none")] : []),
    ...(others === undefined ? [] : [indented(`others: ${others}`, "dim")]),
    ...(finding.why === undefined ? [] : shortened(finding.why.split("\n")).map((why) => indented(why, "red"))),
    "",
  ].join("\n")
}

export const summary = (lines: ReadonlyArray<Line>): string => {
  const short = lines.filter(({ finding }) => !finding.held).map(({ row }) => row.id)
  const seconds = lines.reduce((sum, line) => sum + line.seconds, 0)
  const held = `${lines.length - short.length} of ${lines.length} rows held`
  const words = `${short.length === 0 ? held : `${held}; short: ${short.join(", ")}`} (${seconds.toFixed(0)} s)`
  return ` ${painted(short.length === 0 ? "green" : "red", words)}`
}

export const json = (lines: ReadonlyArray<Line>): string =>
  JSON.stringify(
    lines.map(({ finding, row: { bar, fault, id, others }, seconds }) => ({
      ...{ id, fault, bar, ...(others !== undefined && { others }) },
      held: finding.held,
      figures: Object.fromEntries(finding.figures.map(({ name, value }) => [name, value])),
      ...(finding.why !== undefined && { why: finding.why.split("\n") }),
      seconds: Math.round(seconds * 10) / 10,
    })),
    undefined,
    2,
  )
