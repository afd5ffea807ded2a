/**
 * Where a token endpoint's reply has what matters, as data. A path is dotted: `data.access_token`.
 */
import type { Condition } from "../refusal/RefusalRule.ts"
import type { Identity, Inspection } from "../token/Token.ts"

/**
 * Where a life is said: a number (or its text) at a dotted path with its unit, the token itself (`jwt`: `exp` less `iat`), or the
 * vendor's page (`page`: the provider's `defaultLifetime`).
 */
export type Life =
  | {
      /** Its dotted path: `expires_in`. */
      readonly field: string
      /** Seconds, minutes or milliseconds. */
      readonly unit: "s" | "min" | "ms"
    }
  | "jwt"
  | "page"

/**
 * A place in the claims of a JWT (RFC 7519 §4). **Nobody has checked the JWT's signature.** It came from the token endpoint itself, which is
 * enough to say whose session it is. Do not take it for a proof of who somebody is.
 */
export interface Claim {
  /** Its name, or its dotted path in the claims: `email`, `https://acme.example/site`, `address.country`. */
  readonly claim: string
  /** The JWT's dotted path in the reply: `id_token`. Default: the access token. */
  readonly of?: string | undefined
}

/** Where a success has its parts. What is absent is where OAuth 2 has it (RFC 6749 §5.1). */
export interface ReplyShape {
  /** The access token's path. Default `access_token`. */
  readonly accessToken?: string | undefined
  /** The refresh token's path. Default `refresh_token`. */
  readonly refreshToken?: string | undefined
  /** The scope's path. Default `scope`. */
  readonly scope?: string | undefined
  /** The token type's path. Default `token_type`. */
  readonly tokenType?: string | undefined
  /** Further words that the vendor writes for the token type `Bearer`, in any case: `BearerToken`. */
  readonly bearerTypes?: ReadonlyArray<string> | undefined
  /** The access token's life. The first that says something counts. Default: `expires_in` in seconds, `jwt`, `page`. */
  readonly lifetime?: ReadonlyArray<Life> | undefined
  /** The refresh token's life, likewise; `page` says nothing here. Default: `refresh_expires_in` in seconds. */
  readonly refreshLifetime?: ReadonlyArray<Life> | undefined
  /** Where the user's fields are, beside or instead of those that all providers share. */
  readonly identity?: Partial<Readonly<Record<Exclude<keyof Identity, "apiOrigin">, string | Claim>>> | undefined
  /** Where the reply tells the origin of this account's API, as `Identity.apiOrigin` then has it. */
  readonly origin?:
    | {
        /** Its place: `api_url`. */
        readonly field: string | Claim
        /**
         * The domains that its host must be, or be below: `["zoom.us"]`. An app sends its token there, so another host is left out. So is
         * what is no address by the provider's rules, as plain http.
         */
        readonly below: ReadonlyArray<string>
      }
    | undefined
}

/**
 * How a reply demands a second factor, and where that demand has its parts. Your `Passcode` grant then writes the passcode and the parts
 * (`challenge.token`, `challenge.type`, `challenge.vendor`) as the vendor wants them.
 */
export interface ChallengeShape {
  /**
   * What marks a demand, as in a row of `refusals`: one of these is enough. It may have any status, also that of a refusal. In answer to a
   * passcode, rows of `refusals` come first.
   */
  readonly when: ReadonlyArray<Condition>
  /** The path of the ticket that goes back with the passcode: `mfa_token`, `session.id`. Default `access_token`. It is no bearer. */
  readonly ticket?: string | undefined
  /** The path of the factor's kind: `factor.type`. A short word: up to 32 letters, digits, `_`, `.` and `-`. */
  readonly type?: string | undefined
  /** The path of who makes the factor, likewise. */
  readonly vendor?: string | undefined
  /**
   * How long it may be answered. The first that says something counts; `jwt` is the ticket. Default: `expires_in` in seconds, then the
   * provider's `defaultLifetime`.
   */
  readonly lifetime?: ReadonlyArray<Life> | undefined
}

/**
 * Where the answer to an inspection has its parts, each a dotted path. What is absent is where RFC 7662 §2.2 has it (`client_id`,
 * `username`, `scope`, `exp`), or NetSapiens (`uid`, `domain`, `territory`, `expires`, `apiversion`).
 */
export interface InspectionShape extends Partial<Readonly<Record<Exclude<keyof Inspection, "details">, string>>> {
  /** Whether the token lives. Default `active` (RFC 7662 §2.2). If it is `false`, the inspection fails as `NotAllowed`, with `tokenRejected`. */
  readonly active?: string | undefined
}
