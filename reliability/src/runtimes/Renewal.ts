/** The library's part of the table, bundled and run in each runtime: a renewal, and its result. */
import type { AuthError } from "@pbx-auth/providers/AuthError"
import { openSkySwitch } from "@pbx-auth/session/Promises"

export interface Case {
  readonly address: string
  /** The app's own `fetch` throws: instead of asking, or at the reply. */
  readonly throws?: "instead" | "afterwards" | undefined
}

/** Of a request, ms. */
const deadline = 1_500

const fetches = {
  instead: () => {
    throw new ReferenceError("made up")
  },
  afterwards: async (...asked: Parameters<typeof fetch>) => {
    await fetch(...asked)
    throw new ReferenceError("made up")
  },
} as const

/** The result of a renewal, in words for a cell. */
export const renew = async ({ address, throws }: Case): Promise<string> => {
  const client = { id: "your-client-id", secret: "your-client-secret" }
  const how = throws === undefined ? {} : { fetch: fetches[throws] }
  const pbx = await openSkySwitch({ address, client, refreshToken: "r-1", deadline }, how)
  try {
    await pbx.accessToken()
    return "a token"
  } catch (error) {
    const { reason } = error as AuthError
    const mark =
      reason._tag === "Unavailable" && reason.unreachable === true
        ? " (unreachable)"
        : reason._tag === "Misconfigured"
          ? ` (${reason.field})`
          : ""
    return `${reason._tag}${mark}`
  } finally {
    await pbx.close()
  }
}
