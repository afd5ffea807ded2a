/** No page asks for anything beyond this machine, and none prints an error. */
import { type Finding, none, type Site } from "./Finding.ts"
import { visits } from "./Visit.ts"

export const name = "requests and errors"

export async function* findings(site: Site): AsyncGenerator<Finding> {
  const all = await visits(site)
  yield none(
    "requests to others",
    all.flatMap(({ abroad, path }) => abroad.map((url) => `${path}: ${url}`)),
  )
  yield none(
    "errors on the console",
    all.flatMap(({ errors, path }) => errors.map((error) => `${path}: ${error}`)),
  )
}
