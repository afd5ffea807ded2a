/** The file `suite.json` of a folder of fixtures. A field that is not known is refused: it would be skipped, and a test with it. */
import type { AuthError, Reason, Throttled } from "@pbx-auth/providers/AuthError"
import type { Capability } from "@pbx-auth/providers/Provider"

/**
 * What is presented: the account's own way in (the default), or one of these.
 *
 * @category models
 */
export type SuitePresents =
  | "sign_in"
  /** A poll with a device code. */
  | {
      /** The code of the device, and not the person's. */
      readonly device_code: string
    }
  /** The code that a browser brought back. */
  | {
      /** The code. */
      readonly authorization_code: string
      /** The proof of PKCE. */
      readonly code_verifier: string
      /** Where the browser came back to. */
      readonly redirect_uri: string
    }
  /** A renewal. */
  | {
      /** The refresh token. */
      readonly refresh_token: string
    }
  /** The answer to a demand for a second factor. */
  | {
      /** What the person read. */
      readonly passcode: string
      /** What the reply to the sign-in demanded. */
      readonly challenge: {
        /** The partial token. */
        readonly token: string
        /** `google`. */
        readonly vendor: string
        /** `authenticator`. */
        readonly type: string
      }
    }
  /** Acting for somebody. */
  | {
      /** Whom to act for, as the vendor names users. */
      readonly act_as: string
      /** The account's own access token. */
      readonly bearer: string
    }
  /** A question about a token. */
  | {
      /** The access token that it is about. */
      readonly inspect: string
    }
  /** The end of a token. */
  | {
      /** The access token that ends. */
      readonly revoke: string
    }

/**
 * One request and its reply.
 *
 * @category models
 */
export interface SuiteExchange {
  /** The test's name. */
  readonly name: string
  /** Left out: the sign-in. */
  readonly presents?: SuitePresents
  /** Options that replace those of the first account. */
  readonly options?: Readonly<Record<string, unknown>>
  /** The file of the request. */
  readonly request: string
  /** Fields of the body that we send beside those of the page, and why. */
  readonly besides?: {
    /** The fields. */
    readonly body: Readonly<Record<string, string>>
    /** Why the page lacks them. */
    readonly because: string
  }
  /** The file of the reply, `errors.json#name` for one of several. Left out: an empty object. */
  readonly reply?: string
  /** Where the reply's sample has each part, by dotted path, and the lives in s. */
  readonly tokens?: {
    /** The place of the access token. */
    readonly accessToken: string
    /** The place of the refresh token. Left out: none may be read. */
    readonly refreshToken?: string
    /** Life of the access token, in s. */
    readonly lifetime: number
    /** Life of the refresh token, in s, if the reply states one. */
    readonly refreshLifetime?: number
    /** The scope itself, as printed. Left out: it is not compared. */
    readonly scope?: string | null
  }
  /** Where the reply's sample has the token of a challenge, or the device code. */
  readonly challenge?: string
  /** The other parts of a reply with a device code: where its sample has them, and the lives in s. */
  readonly device?: {
    /** The place of the code for the person. */
    readonly userCode: string
    /** The place of the page's address. */
    readonly url: string
    /** Life of the codes, in s. */
    readonly lifetime: number
    /** Between two polls, in s. Left out: it is not compared. */
    readonly interval?: number
  }
  /** Facts that an inspection must bring. */
  readonly inspection?: Readonly<Record<string, unknown>>
}

/**
 * One refusal: the request of an exchange with another reply.
 *
 * @category models
 */
export interface SuiteRefusal {
  /** The exchange's name. */
  readonly of: string
  /** The file of the reply, `errors.json#name` for one of several. */
  readonly reply: string
  /** The tag of the error's reason. */
  readonly reason: Reason["_tag"]
  /** The word that the error repeats. */
  readonly code?: string
  /** The option to change, of a `Misconfigured`. */
  readonly field?: string
  /** What helps: `configure`, `sign_in`, `retry`. */
  readonly remedy?: AuthError["remedy"]
  /** How long to wait, in s: what a header of the reply or the row says. */
  readonly pause?: number
  /** Whom the pause holds, of a `Throttled`: `subscriber` or `client`. */
  readonly per?: Throttled["per"]
}

/**
 * The file `suite.json` of a folder.
 *
 * @category models
 */
export interface Suite {
  /** The id of the provider's value. */
  readonly provider: string
  /** Options of two accounts, of which the witness knows the credentials. They differ in each option that tells tenants apart. */
  readonly accounts: readonly [Readonly<Record<string, unknown>>, Readonly<Record<string, unknown>>]
  /** What a session can do, as the page says. */
  readonly capabilities: ReadonlyArray<Capability>
  /** Life of the first token, in s, as the page or its sample says. */
  readonly lifetime: number
  /** The right passcode of the first account. */
  readonly passcode?: string
  /** Whom the first account may act for. */
  readonly subject?: string
  /** What a person posts at the page of a sign-in with a code, to allow it. The accounts then begin with such a sign-in. */
  readonly allowed?: {
    /** Where it is posted to. Left out: the page that the vendor named. */
    readonly path?: string
    /** The field for the person's code. */
    readonly userCode: string
    /** The other fields. */
    readonly form: Readonly<Record<string, string>>
  }
  /** Where the refresh tokens of both accounts come from, if a person's sign-in elsewhere brings them. */
  readonly adopted?: {
    /** Where the forms are posted to. */
    readonly path: string
    /** Where the reply has the refresh token, by dotted path. */
    readonly field: string
    /** A form for each account. */
    readonly forms: readonly [Readonly<Record<string, string>>, Readonly<Record<string, string>>]
  }
  /** The requests and replies. */
  readonly exchanges: ReadonlyArray<SuiteExchange>
  /** The refusals. */
  readonly refusals?: ReadonlyArray<SuiteRefusal>
  /** Requests and replies of the folder that this provider has nothing to do with, each with the reason. */
  readonly unused?: Readonly<Record<string, string>>
}

type Names<A> = { readonly [K in keyof Required<A>]: true }

// The compiler says if a field is missing here.
const ofSuite: Names<Suite> = {
  provider: true,
  accounts: true,
  capabilities: true,
  lifetime: true,
  passcode: true,
  subject: true,
  allowed: true,
  adopted: true,
  exchanges: true,
  refusals: true,
  unused: true,
}
const ofExchange: Names<SuiteExchange> = {
  name: true,
  presents: true,
  options: true,
  request: true,
  besides: true,
  reply: true,
  tokens: true,
  challenge: true,
  device: true,
  inspection: true,
}
const ofRefusal: Names<SuiteRefusal> = {
  of: true,
  reply: true,
  reason: true,
  code: true,
  field: true,
  remedy: true,
  pause: true,
  per: true,
}

const isObject = (u: unknown): u is object => typeof u === "object" && u !== null && !Array.isArray(u)

/** Throws for anything but an object with these fields. */
const known = (what: string, u: unknown, names: object): void => {
  if (!isObject(u)) throw new TypeError(`Expected ${what} to be an object`)
  const unknown = Object.keys(u).find((name) => !Object.hasOwn(names, name))
  if (unknown === undefined) return
  throw new TypeError(`${what} has no field ${unknown}. It may have ${Object.keys(names).join(", ")}`)
}

/**
 * A text as JSON. Throws a `TypeError` that names it.
 *
 * @internal
 */
export const jsonOf = (name: string, text: string): unknown => {
  try {
    return JSON.parse(text)
  } catch {
    throw new TypeError(`${name} is no JSON`)
  }
}

/**
 * The suite that a text says. Throws a `TypeError` that says what is wrong with it.
 *
 * @internal
 */
export const suiteOf = (text: string): Suite => {
  const suite = jsonOf("suite.json", text)
  known("suite.json", suite, ofSuite)
  const { accounts, capabilities, exchanges, lifetime, refusals = [] } = suite as Suite
  if (!(Array.isArray(accounts) && accounts.length === 2 && accounts.every(isObject))) {
    throw new TypeError("Expected as the accounts of suite.json a list of the options of two")
  }
  if (!Array.isArray(capabilities))
    throw new TypeError("Expected as the capabilities of suite.json a list, [] for none")
  if (!(typeof lifetime === "number" && lifetime > 0)) {
    throw new TypeError("Expected as the lifetime of suite.json the seconds of the first token")
  }
  if (!(Array.isArray(exchanges) && exchanges.length > 0))
    throw new TypeError("Expected exchanges in suite.json, a list")
  if (!Array.isArray(refusals)) throw new TypeError("Expected as the refusals of suite.json a list")
  const names = new Set<string>()
  for (const [index, one] of exchanges.entries()) {
    known(`Exchange ${index + 1}`, one, ofExchange)
    if (typeof one.name !== "string" || names.has(one.name)) {
      throw new TypeError(`Exchange ${index + 1} needs a name that no other one has`)
    }
    names.add(one.name)
  }
  for (const [index, one] of refusals.entries()) known(`Refusal ${index + 1}`, one, ofRefusal)
  return suite as Suite
}
