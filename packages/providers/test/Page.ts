/** The vendors' pages as the emulator's fixtures transcribe them: what they print as requests and replies. */
import { readFileSync } from "node:fs"
import { fileURLToPath } from "node:url"

const read = (path: string) =>
  readFileSync(fileURLToPath(import.meta.resolve(`@pbx-auth/emulator/fixtures/${path}`)), "utf8")

/** A reply's sample. */
export const sample = (path: string): Record<string, unknown> => JSON.parse(read(`${path}.json`)).sample

/** A request as a page's curl sends it. */
export interface Curl {
  readonly method: string
  readonly path: string
  readonly query: Readonly<Record<string, string>>
  readonly authorization: string | undefined
  readonly body: Readonly<Record<string, string>>
}

/** What a page's curl sends: as much of curl's and the shell's grammar as the pages use. */
export const curl = (path: string): Curl => {
  const text = read(`${path}.curl`)
    .split("\n")
    .filter((line) => !line.startsWith("#"))
    .join("\n")
    .replaceAll("\\\n", " ")
  const words = [...text.matchAll(/'([^']*)'|"([^"]*)"|(\S+)/g)].map(
    ([, single, double, bare]) => single ?? double ?? bare ?? "",
  )
  const headers = new Map<string, string>()
  const data: Array<string> = []
  let method: string | undefined
  let url = ""
  let user: string | undefined
  for (let at = 1; at < words.length; at++) {
    const word = words[at] ?? ""
    const next = () => words[++at] ?? ""
    if (word === "--request" || word === "-X") method = next()
    else if (word === "--header" || word === "-H") {
      const [name = "", ...value] = next().split(": ")
      headers.set(name.toLowerCase(), value.join(": "))
    } else if (word === "--data-urlencode" || word === "--data" || word === "--data-raw" || word === "-d")
      data.push(next())
    else if (word === "--user") user = next()
    else if (word.startsWith("-d")) data.push(word.slice(2))
    else if (!word.startsWith("-")) url = word
  }
  const [place = "", query = ""] = url.replace("{origin}", "").split("?")
  const isJson = headers.get("content-type") === "application/json"
  // `--data-urlencode` encodes what stands after `=`, and the samples need no encoding elsewhere.
  const fields = data.flatMap((one) => one.split("&")).map((one) => one.split(/=(.*)/s).slice(0, 2))
  return {
    method: method ?? (data.length > 0 ? "POST" : "GET"),
    path: place,
    query: Object.fromEntries(new URLSearchParams(query)),
    authorization: user === undefined ? headers.get("authorization") : `Basic ${btoa(user)}`,
    body: isJson ? JSON.parse(data[0] ?? "{}") : Object.fromEntries(fields),
  }
}
