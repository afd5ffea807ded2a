/** Loaded into a process before its program: writes every reply that comes in by `fetch` to the file that `TAP` names. */
import { appendFileSync } from "node:fs"

const untapped = globalThis.fetch

globalThis.fetch = async (input, init) => {
  const response = await untapped(input, init)
  appendFileSync(process.env.TAP ?? "", `${await response.clone().text()}\n`)
  return response
}
