/** The emulator's vendor of browsers on a port of this machine: what was asked, what is secret, and its person. */
import { createServer } from "node:http"
import type { AddressInfo } from "node:net"
import { openEmulator } from "@pbx-auth/emulator/OpenEmulator"
import { witness } from "@pbx-auth/emulator/witnesses/BrowserVendor"
import * as NodeListener from "@pbx-auth/session/NodeListener"

/** Fields of replies, and of the redirect, that are secrets. */
const secretFields = ["access_token", "refresh_token", "device_code", "user_code", "code"]

const nameOf = (path: string, grant: string | null) =>
  path === "/token" ? (grant ?? "other").replace(/.*:/, "") : path.slice(1)

/** Opens it, over a world of which parts are replaced. */
export const openVendor = async (world: Partial<typeof witness.defaults> = {}) => {
  const emulator = openEmulator({
    // A listener of Node names no other host.
    witnesses: [{ ...witness, hosts: ["localhost"] }],
    world: { witnesses: { [witness.id]: { interval: 1, ...world } } },
  })
  const asked: Array<string> = []
  const secrets = new Set<string>()

  const answer = async (request: Request): Promise<Response> => {
    const { pathname } = new URL(request.url)
    const form = new URLSearchParams(await request.clone().text())
    if (pathname !== "/device") asked.push(nameOf(pathname, form.get("grant_type")))
    const reply = await emulator.fetch(request)
    const back = new URL(reply.headers.get("location") ?? "about:blank").searchParams
    const isJson = reply.headers.get("content-type") === "application/json"
    const fields = { ...Object.fromEntries(back), ...(isJson && (await reply.clone().json())) }
    for (const name of secretFields) if (typeof fields[name] === "string") secrets.add(fields[name])
    return reply
  }

  const server = createServer(NodeListener.of(answer))
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve))
  const address = `http://127.0.0.1:${(server.address() as AddressInfo).port}`
  return {
    address,
    /** What was asked, in order. */
    asked,
    secrets,
    /** The person enters a code, and decides. Whether a sign-in with that code was open. */
    decide: async (user_code: string, decision: "allow" | "deny") => {
      const body = new URLSearchParams({ user_code, decision })
      return (await fetch(`${address}/device`, { method: "POST", body })).ok
    },
    close: async () => {
      server.closeAllConnections()
      server.close()
      await emulator.close()
    },
  }
}
