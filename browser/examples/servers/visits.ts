// The visits of an app without Effect: who has a cookie has a session on this server. Each server beside this file serves them.
import { openSkySwitch } from "@pbx-auth/session/Promises"
import * as ServerSession from "@pbx-auth/session/ServerSession"

type Pbx = Awaited<ReturnType<typeof openSkySwitch>>

const COOKIE = "visit"

const visitOf = (headers: Headers): string =>
  new RegExp(`(?:^|; )${COOKIE}=([^;]+)`).exec(headers.get("cookie") ?? "")?.[1] ?? ""

export const open = (options: {
  /** Where your pages are, as a browser names it. */
  readonly origin: string
  readonly address: string
  readonly client: { readonly id: string; readonly secret: string }
  readonly heartbeat?: number
}) => {
  const { address, client, heartbeat, origin } = options
  const visits = new Map<string, Pbx>()
  const readers = new Set<string>()

  const served = ServerSession.open({
    origin,
    path: "/session",
    heartbeat,
    caller: ({ headers }) => {
      const visit = visitOf(headers)
      const session = visits.get(visit)
      if (session === undefined) return new Response(null, { status: 401 })
      // Somebody who may look, and not touch.
      return readers.has(visit) ? { session, may: [] } : session
    },
  })

  return {
    served,
    /** Call it where a visitor signs in to your app. Gives the header `set-cookie`. */
    begin: async ({ mayOnlyLook = false } = {}): Promise<string> => {
      const visit = crypto.randomUUID()
      // A session of its own, with a store of its own, for each visit.
      visits.set(visit, await openSkySwitch({ address, client }))
      if (mayOnlyLook) readers.add(visit)
      return `${COOKIE}=${visit}; HttpOnly; SameSite=Lax; Path=/${origin.startsWith("https:") ? "; Secure" : ""}`
    },
    /** Call it where a visitor signs out of your app. The screen says so with the next heartbeat. */
    end: async (headers: Headers): Promise<void> => {
      const visit = visitOf(headers)
      const session = visits.get(visit)
      visits.delete(visit)
      readers.delete(visit)
      await session?.close()
    },
    close: async () => {
      await served.close()
      await Promise.all([...visits.values()].map((session) => session.close()))
    },
  }
}
