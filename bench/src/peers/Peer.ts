/** A library that keeps or fetches access tokens, used as its own documentation says, behind one face. */

/** The endpoint, the client and the account of a trial. */
export interface Setting {
  readonly origin: string
  readonly client: { readonly id: string; readonly secret: string }
  readonly person: { readonly username: string; readonly password: string }
  /** What an earlier run saved, in the package's own form. */
  readonly saved?: unknown
}

/** The token endpoint of the emulated NetSapiens platform. It takes the grants of RFC 6749 in a form. */
export const tokenPath = "/ns-api/oauth2/token/"
export const apiPath = "/ns-api/?object=subscriber&action=read"

/** What a library leaves to the app's own code. Where it does, the trial runs the code that its documentation shows. */
export type Part =
  /** Signing in with a password. */
  | "sign_in"
  /** Noticing that a token is due, and joining callers. */
  | "keeping"
  /** Putting the token on a call, and reacting to a 401. */
  | "calls"
  /** Saving tokens, and finding them again. */
  | "storing"
  /** Grants of a vendor's own: a passcode, acting for somebody. */
  | "extensions"

export interface Held {
  /** Gets the first token. */
  readonly signIn: () => Promise<void>
  /** A token to call with, renewed if it is due. */
  readonly token: () => Promise<string>
  /** One call of an API with the token; its status. */
  readonly call: (url: string) => Promise<number>
  /** What the next run needs. */
  readonly save: () => unknown
  /** A grant that no RFC knows; absent if the package cannot send one. */
  readonly extension?: ((grant: string, fields: Readonly<Record<string, string>>) => Promise<unknown>) | undefined
  /** What an app would log or inspect. */
  readonly object: unknown
  readonly close: () => Promise<void>
}

export interface Peer {
  /** The package's name. */
  readonly name: string
  readonly leaves: ReadonlySet<Part>
  /** It knows no end of a token, and renews when a call is answered with 401. */
  readonly renewsOnCall?: true
  /** `strict`: without what the trials on this machine need, such as leave to use plain HTTP. */
  readonly open: (setting: Setting, how?: { readonly strict?: boolean }) => Promise<Held>
}

/** What the packages without a keeper have their users write: look at the end, then renew. */
export const keptByApp = <T>(how: {
  readonly signIn: () => Promise<T>
  readonly isDue: (token: T) => boolean
  readonly renew: (token: T) => Promise<T>
  readonly accessOf: (token: T) => string
  readonly saved: T | undefined
}) => {
  let held = how.saved
  return {
    signIn: async () => {
      held = await how.signIn()
    },
    token: async () => {
      if (held === undefined) held = await how.signIn()
      if (how.isDue(held)) held = await how.renew(held)
      return how.accessOf(held)
    },
    call: async (url: string) => {
      if (held === undefined) throw new Error("not signed in")
      const response = await fetch(url, { headers: { authorization: `Bearer ${how.accessOf(held)}` } })
      return response.status
    },
    save: (): unknown => structuredClone(held),
    /** The token itself. */
    held: () => held,
    close: async () => {},
  }
}

/** The end of a token, epoch ms. */
export const endOf = (seconds: number | undefined): number => Date.now() + (seconds ?? 3_600) * 1_000

/** What an app that keeps a token itself holds. */
export interface Kept {
  readonly access: string
  readonly refresh: string | undefined
  /** Epoch ms. */
  readonly end: number
}
