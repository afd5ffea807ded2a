/** The vendors' pages as the emulator's fixtures transcribe them: what they print as requests and replies. */
import { readFileSync } from "node:fs"
import { fileURLToPath } from "node:url"
import { fromCurl, type PrintedRequest } from "../src/testing/PageRequest.ts"

const read = (path: string) =>
  readFileSync(fileURLToPath(import.meta.resolve(`@pbx-auth/emulator/fixtures/${path}`)), "utf8")

/** A reply's sample. */
export const sample = (path: string): Record<string, unknown> => JSON.parse(read(`${path}.json`)).sample

/** A request as a page's curl sends it. */
export interface Curl extends Pick<PrintedRequest, "method" | "path" | "query"> {
  readonly authorization: string | undefined
  readonly body: Readonly<Record<string, unknown>>
}

/** What a page's curl sends. */
export const curl = (path: string): Curl => {
  const { body, headers, method, path: place, query } = fromCurl(read(`${path}.curl`))
  return { method, path: place, query, authorization: headers.authorization, body: { ...(body as object) } }
}
