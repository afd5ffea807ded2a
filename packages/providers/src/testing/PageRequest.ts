/** A request as a vendor's page prints it, which is mostly a curl. */
import type { ExpectedRequest } from "./ProviderExchange.ts"

/** What stands for the vendor's scheme and host. */
const ORIGIN = "{origin}"

/** The shell's words: quoted or bare, over lines that end in `\`, without comments. */
const wordsOf = (text: string): ReadonlyArray<string> => {
  const lines = text.split("\n").filter((line) => !line.startsWith("#"))
  const one = lines.join("\n").replaceAll("\\\n", " ")
  return [...one.matchAll(/'([^']*)'|"([^"]*)"|(\S+)/g)].map(
    ([, single, double, bare]) => single ?? double ?? bare ?? "",
  )
}

const dataOptions: ReadonlySet<string> = new Set(["-d", "--data", "--data-raw", "--data-urlencode"])

/** What these words of a curl say. */
const optionsOf = (words: ReadonlyArray<string>) => {
  const headers: Record<string, string> = {}
  const data: Array<string> = []
  let method: string | undefined
  let url = ""
  for (let at = 1; at < words.length; at++) {
    const word = words[at] ?? ""
    const next = () => words[++at] ?? ""
    if (word === "--request" || word === "-X") method = next()
    else if (word === "--header" || word === "-H") {
      const [name = "", ...value] = next().split(": ")
      headers[name.toLowerCase()] = value.join(": ")
    } else if (word === "--user" || word === "-u") headers.authorization = `Basic ${btoa(next())}`
    else if (dataOptions.has(word)) data.push(next())
    else if (word.startsWith("-d")) data.push(word.slice(2))
    else if (!word.startsWith("-")) url = word
  }
  return { data, headers, method: method ?? (data.length > 0 ? "POST" : "GET"), url }
}

/**
 * Reads a curl: method, path, query, headers and body, as much of curl's and the shell's grammar as vendors' pages use. Lines that begin
 * with `#` are comments, and `{origin}` stands for the vendor's scheme and host. Throws a `TypeError` for a text without `{origin}`.
 *
 * @category decoding
 */
export const fromCurl = (text: string): ExpectedRequest => {
  const { data, headers, method, url } = optionsOf(wordsOf(text))
  if (!url.startsWith(ORIGIN)) throw new TypeError(`Expected a curl whose URL begins with ${ORIGIN}`)
  const [path = "", query = ""] = url.slice(ORIGIN.length).split("?")
  const { accept: _, "content-type": type = "", ...rest } = headers
  // `--data-urlencode` encodes what stands after `=`, and the pages' samples need no encoding elsewhere.
  const fields = data.flatMap((one) => one.split("&")).map((one) => one.split(/=(.*)/s).slice(0, 2))
  return {
    method,
    path,
    query: Object.fromEntries(new URLSearchParams(query)),
    headers: rest,
    ...(data.length > 0 && {
      body: type.startsWith("application/json") ? JSON.parse(data[0] ?? "{}") : Object.fromEntries(fields),
    }),
  }
}
