/**
 * Runs a bundler's output for one of `bundles/`, the file that BUNDLED names, which left its exports at `globalThis.bundled`: the
 * screen with a port that signs in at once, a client with the emulator, by what ACCOUNT has.
 */
import { pathToFileURL } from "node:url"

interface Command {
  readonly attempt: number
}

interface Bundled {
  readonly open?: (...given: ReadonlyArray<unknown>) => unknown
  readonly read?: (...given: ReadonlyArray<unknown>) => Promise<string>
}

await import(pathToFileURL(process.env.BUNDLED ?? "").href)
const { bundled } = globalThis as unknown as { readonly bundled: Bundled }
/** The address, the user and the secret. */
const account: ReadonlyArray<string> = JSON.parse(process.env.ACCOUNT ?? "[]")

const walk = async (): Promise<string> => {
  if (bundled.read !== undefined) return (await bundled.read(...account)).includes("abc-company") ? "read" : "nothing"
  if (bundled.open === undefined) return "nothing"
  if (bundled.open.length === account.length) {
    const pbx = (await bundled.open(...account)) as {
      readonly accessToken: () => Promise<string>
      readonly close: () => Promise<void>
    }
    const token = await pbx.accessToken()
    await pbx.close()
    return token === "" ? "nothing" : "read"
  }
  const seen: Array<string> = []
  const times = { issuedAt: 0, dueAt: null, usableUntil: null, expiresAt: null }
  const port = {
    requestToken: ({ attempt }: Command, send: (event: unknown) => void) =>
      send({ type: "Issued", attempt, times, now: 0 }),
    wakeAt: () => {},
    abandon: () => {},
    discard: () => {},
  }
  const actor = bundled.open(port, ({ state }: { readonly state: string }) => seen.push(state)) as {
    readonly send: (event: unknown) => void
  }
  actor.send({ type: "SignIn" })
  return seen.at(-1) === "authenticated" ? "shown" : seen.join(" ")
}

const came = await walk()
if (came !== "read" && came !== "shown") throw new Error(`the bundle gave ${came}`)
process.stdout.write(`${came}\n`)
