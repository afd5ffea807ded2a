/** A request as a vendor's page prints it, which is mostly a curl. */

/**
 * What such a request says. A parameter that stands there more than once has the list of its values.
 *
 * @category models
 */
export interface PrintedRequest {
  /** The HTTP method. */
  readonly method: string
  /** The path, without the query. */
  readonly path: string
  /** The query's parameters. */
  readonly query: Parameters
  /** The headers by lower-case name, without `accept` and `content-type`. */
  readonly headers: Readonly<Record<string, string>>
  /** The form's fields, or the JSON. Absent if there is no body. */
  readonly body?: unknown
}

/**
 * Parameters of a query or a form.
 *
 * @category models
 */
export type Parameters = Readonly<Record<string, string | ReadonlyArray<string>>>

/**
 * Parameters by name. One that comes more than once has the list of its values: OAuth 2 forbids that (RFC 6749 §3.2), so a test must see it.
 *
 * @category decoding
 */
export const parametersOf = (all: Iterable<readonly [name: string, value: string]>): Parameters => {
  const found = new Map<string, string | ReadonlyArray<string>>()
  for (const [name, value] of all) {
    const before = found.get(name)
    found.set(name, before === undefined ? value : [before, value].flat())
  }
  return Object.fromEntries(found)
}

/** What stands for the vendor's scheme and host. */
const ORIGIN = "{origin}"

/** The shell's words: quoted or bare, over lines that end in `\`, without comments. */
const wordsOf = (text: string): ReadonlyArray<string> => {
  const lines = text.split("\n").filter((line) => !line.startsWith("#"))
  const one = lines.join("\n").replaceAll("\\\n", " ")
  return [...one.matchAll(/(?:'[^']*'|"[^"]*"|[^\s'"])+/g)].map(([word]) =>
    word.replace(/'([^']*)'|"([^"]*)"/g, (_, single, double) => single ?? double),
  )
}

/** The options with a value, by each of their names. */
const valued = {
  method: ["-X", "--request"],
  header: ["-H", "--header"],
  user: ["-u", "--user"],
  url: ["--url"],
  data: ["-d", "--data", "--data-raw", "--data-ascii", "--data-binary"],
  encoded: ["--data-urlencode"],
} as const

type Valued = keyof typeof valued

const names: ReadonlyArray<readonly [name: string, option: Valued]> = Object.entries(valued).flatMap(([option, all]) =>
  all.map((name) => [name, option as Valued] as const),
)

/** The options that say nothing of the request itself. */
const flags = /^(-[sSkLigfv]+|--(silent|show-error|insecure|location|include|globoff|fail|verbose|compressed|basic))$/

/** An option with its value, in two words, or a short one in one: `-d a=b`, `-da=b`. `undefined` if the word begins none. */
const optionOf = (word: string, next = "") => {
  for (const [name, option] of names) {
    if (word === name) return { option, value: next, words: 2 }
    if (name.length === 2 && word.startsWith(name)) return { option, value: word.slice(2), words: 1 }
  }
  return undefined
}

/** What these words of a curl say. */
const optionsOf = (words: ReadonlyArray<string>) => {
  const headers: Record<string, string> = {}
  const texts: Array<string> = []
  const fields: Array<readonly [string, string]> = []
  let method: string | undefined
  let url = ""
  let isQuery = false
  for (let at = 1; at < words.length; ) {
    const word = words[at] ?? ""
    const { option, value, words: taken } = optionOf(word, words[at + 1]) ?? { option: undefined, value: "", words: 1 }
    if (option === "method") method = value
    else if (option === "url") url = value
    else if (option === "user") headers.authorization = `Basic ${btoa(value)}`
    else if (option === "header") {
      const [, name = "", said = ""] = /^([^:]*):\s*(.*)$/s.exec(value) ?? []
      headers[name.toLowerCase()] = said
    } else if (option === "data") {
      texts.push(value)
      fields.push(...new URLSearchParams(value))
    } else if (option === "encoded") {
      // What stands after `=` is the value itself.
      const [name = "", said = ""] = value.split(/=(.*)/s)
      texts.push(value)
      fields.push([name, said])
    } else if (word === "-G" || word === "--get") isQuery = true
    else if (!word.startsWith("-")) url = word
    else if (!flags.test(word)) throw new TypeError(`The option ${word.slice(0, 40)} of curl is not known here`)
    at += taken
  }
  return { fields, headers, isQuery, method: method ?? (texts.length > 0 && !isQuery ? "POST" : "GET"), texts, url }
}

/**
 * Reads a curl: method, path, query, headers and body, as much of curl's and the shell's grammar as vendors' pages use. Lines that begin
 * with `#` are comments, and `{origin}` stands for the vendor's scheme and host. Throws a `TypeError` for a text without `{origin}`, and for
 * an option that it does not know.
 *
 * @category decoding
 */
export const fromCurl = (text: string): PrintedRequest => {
  const { fields, headers, isQuery, method, texts, url } = optionsOf(wordsOf(text))
  if (!url.startsWith(ORIGIN)) throw new TypeError(`Expected a curl whose URL begins with ${ORIGIN}`)
  const [path = "", query = ""] = url.slice(ORIGIN.length).split(/\?(.*)/s)
  const { accept: _, "content-type": type = "", ...rest } = headers
  const body = type.toLowerCase().startsWith("application/json") ? JSON.parse(texts.join("&")) : parametersOf(fields)
  return {
    method,
    path,
    query: parametersOf([...new URLSearchParams(query), ...(isQuery ? fields : [])]),
    headers: rest,
    ...(texts.length > 0 && !isQuery && { body }),
  }
}
