/** No page asks for anything beyond this machine, and none prints an error. */
import { type Finding, none, type Site } from "./Finding.ts"
import { dresses, visits } from "./Visit.ts"

export const name = "requests and errors"

export async function* findings(site: Site): AsyncGenerator<Finding> {
  const requests: Array<string> = []
  const messages: Array<string> = []
  for await (const { path, errors, abroad } of visits(site, dresses.slice(0, 1))) {
    requests.push(...abroad.map((url) => `${path}: ${url}`))
    messages.push(...errors.map((error) => `${path}: ${error}`))
  }
  yield none("requests to others", requests)
  yield none("errors on the console", messages)
}
