/**
 * A tour for people: one line for each thing, one mark and one colour for each kind of thing.
 */

import type { TourEvent } from "./TourEvent.ts"

/**
 * What the screen can show.
 *
 * @category models
 */
export interface Look {
  readonly color: boolean
  /** In characters. */
  readonly columns: number
}

type Ink = "strong" | "faint" | "state" | "request" | "refused" | "clock" | "good" | "bad"

const inks: Record<Ink, string> = {
  strong: "1",
  faint: "2",
  state: "36",
  request: "34",
  refused: "35",
  clock: "33",
  good: "32",
  bad: "31",
}

/** Wide enough for a request, and narrow enough to be read. */
const widest = 84

/**
 * Makes the lines of an event.
 *
 * @category constructors
 */
export const make = (look: Look): ((event: TourEvent) => ReadonlyArray<string>) => {
  const width = Math.min(widest, Math.max(40, look.columns)) - 2
  const ink = (kind: Ink, text: string) => (look.color && text !== "" ? `\u001b[${inks[kind]}m${text}\u001b[0m` : text)

  const wrap = (text: string, room: number): ReadonlyArray<string> =>
    text.split(" ").reduce<Array<string>>((lines, word) => {
      const line = lines.at(-1)
      if (line === undefined || line.length + 1 + word.length > room) lines.push(word)
      else lines[lines.length - 1] = `${line} ${word}`
      return lines
    }, [])

  const says = (sentence: string | undefined, indent: string) =>
    sentence === undefined
      ? []
      : wrap(`“${sentence}”`, width - indent.length).map((line) => indent + ink("faint", line))

  const mark = (kind: Ink, sign: string, text: string) => `    ${ink(kind, sign)} ${text}`

  const rule = `  ${ink("faint", "─".repeat(width - 2))}`

  const pathOf = (states: ReadonlyArray<string>) =>
    wrap(states.map((state, index) => (index === 0 ? state : `→\u00a0${state}`)).join(" "), width - 4).map(
      (line) => `    ${line.replace(/[a-z_]+/g, (state) => ink("state", state)).replaceAll("\u00a0", " ")}`,
    )

  const summary = ({ ok, providers, seconds }: Extract<TourEvent, { readonly event: "summary" }>) => {
    const heads = [
      ["", "", "refused by", "", "time"],
      ["states", "requests", "the vendor", "checks", "passed"],
    ]
    const rows = providers.map(({ checks, name, ok, refused, requests, seconds, states }) => ({
      name,
      ok,
      cells: [new Set(states).size, requests, refused, checks, span(seconds)].map(String),
    }))
    const line = (first: string, cells: ReadonlyArray<string>) =>
      first + cells.map((cell) => cell.padStart(12)).join("")
    const total = (of: "requests" | "checks") => providers.reduce((sum, provider) => sum + provider[of], 0)
    const wrong = providers.filter((provider) => !provider.ok).map((provider) => provider.name)
    return [
      "",
      "",
      ...heads.map((cells) => ink("faint", line("  ".padEnd(16), cells))),
      rule,
      ...rows.map((row) => line(`  ${row.ok ? ink("good", "✓") : ink("bad", "✗")} ${row.name.padEnd(12)}`, row.cells)),
      "",
      ok
        ? `  ${ink("good", "✓")} All as the pages say: ${total("requests")} requests, ${total("checks")} checks, ${span(seconds.told)} in ${seconds.real.toFixed(1)} s.`
        : `  ${ink("bad", "✗")} Not as the page says: ${wrong.join(", ")}.`,
      "",
    ]
  }

  return (event) => {
    switch (event.event) {
      case "tour":
        return [
          "",
          `  ${ink("strong", "pbx-auth")}  four providers, one lifecycle`,
          `  ${ink("faint", `An emulator on ${event.origin} plays the vendors.`)}`,
          `  ${ink("faint", "The requests are real. The tour moves the clock that all of them read.")}`,
          "",
          `  ${ink("state", "●")} a state  ${ink("request", "→")} a request  ${ink("good", "✓")} verified  ${ink("clock", "…")} time passes`,
        ]
      case "provider": {
        const page = event.page.replace(/^https:\/\//, "")
        const room = width - event.name.length - 2
        const shown = page.length > room ? `${page.slice(0, room - 1)}…` : page
        return [
          "",
          "",
          `  ${ink("strong", event.name)}${ink("faint", shown.padStart(width - 2 - event.name.length))}`,
          rule,
          ...says(event.promise, "  "),
        ]
      }
      case "step":
        return ["", `  ${ink("strong", event.words)}`, ...says(event.says, "  ")]
      case "clock":
        return ["", `  ${ink("clock", `… ${event.words}`)}`, ...says(event.says, "  ")]
      case "state": {
        const substate = event.substate === null ? "" : ink("faint", `.${event.substate}`)
        const session = event.session === undefined ? "" : ink("faint", `  ${event.session}`)
        return [mark("state", "●", ink("state", event.state) + substate + session)]
      }
      case "request": {
        const line = [
          event.method.padEnd(4),
          event.path.padEnd(21),
          ink(event.status < 400 ? "request" : "refused", String(event.status)),
          // What was asked for, and the outcome; an API call says both in one.
          ...(event.outcome.startsWith("api call") ? [] : [(event.grant ?? "").padEnd(18)]),
          event.outcome,
        ]
        return [mark("request", "→", line.join(" "))]
      }
      case "check":
        return event.ok
          ? [mark("good", "✓", event.words)]
          : [mark("bad", "✗", `${event.words}${event.saw === undefined ? "" : `; but saw: ${event.saw}`}`)]
      case "provider_done":
        return ["", ...pathOf(event.states)]
      case "summary":
        return summary(event)
    }
  }
}

const span = (seconds: number): string =>
  seconds < 86_400 ? `${Math.round(seconds / 60)} minutes` : `${Math.round(seconds / 86_400)} days`
