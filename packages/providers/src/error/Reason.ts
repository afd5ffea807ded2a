/**
 * The reasons of an `AuthError`: tagged errors, each with its fields, its `remedy` and its sentence.
 *
 * docs/errors has a page for each of them. Programs import them from `AuthError.ts`.
 */
import * as ConnectionFailure from "./ConnectionFailure.ts"
import type { BasicEncoding, GrantTag, LimitPolicy, Remedy, Stead, StoreProblem } from "./ErrorWords.ts"
import type { RateLimit } from "./RateLimit.ts"
import { tagged } from "./TaggedReason.ts"

/** The username or the password is wrong, or this account may not sign in. */
export class BadCredentials extends tagged("BadCredentials") {
  /** Sign in with other credentials. */
  readonly remedy = "sign_in" satisfies Remedy
  override get message(): string {
    return "The provider refused the username or the password. Sign in with other credentials."
  }
}

/** The passcode is wrong; the challenge may still be open. */
export class BadPasscode extends tagged("BadPasscode") {
  /** Enter the current passcode. */
  readonly remedy = "passcode" satisfies Remedy
  override get message(): string {
    return "The provider refused the passcode. Enter the current one from the authenticator."
  }
}

/** The provider does not know the challenge any more, or its time is over. */
export class ChallengeExpired extends tagged("ChallengeExpired")<{
  /** True if a person did not sign in at a browser in time, or the provider knows the code of that sign-in no more. */
  readonly atBrowser?: boolean | undefined
}> {
  /** Sign in again; `passcode`: and enter a new passcode. */
  readonly remedy: "passcode" | "sign_in" = this.atBrowser === true ? "sign_in" : "passcode"
  override get message(): string {
    if (this.atBrowser === true) return "The time at the browser is over. Sign in again."
    return "The time to enter the passcode is over. Sign in again and enter a new passcode."
  }
}

/**
 * The account has a second factor, and no person is there to answer it, or the provider's description has none.
 */
export class PasscodeRequired extends tagged("PasscodeRequired")<{
  /** True when the provider's page describes no second factor, or none in this form, so this session can never answer it. */
  readonly unsupportedByProvider?: boolean | undefined
}> {
  /** Enter a passcode; unattended, use an account without a second factor. */
  readonly remedy = "passcode" satisfies Remedy
  override get message(): string {
    return this.unsupportedByProvider === true
      ? "The account has a second factor, which this provider's page does not describe. Use an account without one."
      : "The account has a second factor. Enter a passcode, or use an account without a second factor for unattended work."
  }
}

/** The client id or client secret is wrong, or the client may not use this grant. */
export class ClientRefused extends tagged("ClientRefused")<{
  /**
   * How HTTP Basic wrote the client. Set only if the other way would have written it differently: the server may expect that one.
   */
  readonly basicEncoding?: BasicEncoding | undefined
}> {
  /** Correct the client's id or secret. */
  readonly remedy = "configure" satisfies Remedy
  override get message(): string {
    const check = "The provider refused the client. Check the client id and the client secret."
    if (this.basicEncoding === undefined) return check
    const other = this.basicEncoding === "raw" ? "form" : "raw"
    return `${check} One of them has characters that HTTP Basic can write in two ways: if they are right, set the option basicEncoding to "${other}".`
  }
}

/**
 * An option is wrong. Nothing was sent, or sending it again is no use. If the field is `fetch` or `HttpClient`, the code of the app's
 * own client has a mistake, and `fix` names the class of what it threw.
 */
export class Misconfigured extends tagged("Misconfigured")<{
  /** The option, as a path: `address`, `client.secret`, `scopes`. */
  readonly field: string
  /** What to write instead: a sentence of this library, never the value. Most begin with "Expected". */
  readonly fix: string
  /** True if the request may have been received all the same: an app's own `fetch` threw after it was called. */
  readonly outcomeUnknown?: boolean | undefined
}> {
  /** Correct the option that `field` names, as `fix` says. */
  readonly remedy = "configure" satisfies Remedy
  override get message(): string {
    return `Invalid option "${this.field}". ${this.fix}`
  }
}

/** The provider does not renew this session. */
export class RenewalRefused extends tagged("RenewalRefused")<{
  /** True if the provider returned the same token that was just rejected. */
  readonly sameToken?: boolean | undefined
  /** True if the provider said twice that it did not understand the request, and nothing about the refresh token. */
  readonly garbled?: boolean | undefined
}> {
  /** Sign in again. */
  readonly remedy = "sign_in" satisfies Remedy
  override get message(): string {
    if (this.garbled === true) return "The provider did not understand the renewal, twice. Sign in again."
    return this.sameToken === true
      ? "The provider gave back the token that was just rejected. Sign in again, or ask the provider why the token is refused."
      : "The provider no longer renews this session. Sign in again."
  }
}

/** There is no session. */
export class SignedOut extends tagged("SignedOut")<{
  /** True if the session, or its registry, was closed in this process, and cannot be signed in any more. */
  readonly closed?: boolean | undefined
}> {
  /** Sign in. */
  readonly remedy = "sign_in" satisfies Remedy
  override get message(): string {
    return this.closed === true
      ? "This session, or its registry, is closed. Open another one; a token must be asked for, and awaited, while it is open."
      : "Nobody is signed in. Sign in first."
  }
}

/**
 * The account lacks a right: an access level, the impersonation right, or the subject is not below it.
 *
 * With `tokenRejected` it is not the right but the bearer itself that was refused (expired, revoked, unknown): renew the token that
 * was presented, or sign in again. With `fresh` that does not help.
 */
export class NotAllowed extends tagged("NotAllowed")<{
  /** True if the presented bearer is dead, rather than too weak. */
  readonly tokenRejected?: boolean | undefined
  /** True if the bearer had just replaced another one that was refused: the session gets no other for a while. */
  readonly fresh?: boolean | undefined
  /** True if the person, or the provider, refused the sign-in at the browser. */
  readonly atBrowser?: boolean | undefined
}> {
  /** `sign_in` if the bearer is dead, or if a person refused at a browser, else `ask_administrator`: the account needs a right. */
  readonly remedy: "sign_in" | "ask_administrator" =
    this.atBrowser === true || (this.tokenRejected === true && this.fresh !== true) ? "sign_in" : "ask_administrator"
  override get message(): string {
    if (this.atBrowser === true) return "The sign-in at the browser was refused. Sign in again."
    if (this.fresh === true) {
      return "An access token that had just been issued was rejected, so another one is not asked for yet. Ask the administrator why the API takes none."
    }
    return this.tokenRejected === true
      ? "The provider no longer accepts the access token that was presented. Renew it or sign in again."
      : "The account may not do this. Ask the administrator for the access level or the right to act for this user, or check how the user is written."
  }
}

/**
 * Too many requests, or a refusal by an intermediary, such as a firewall's temporary ban (`policy: "firewall"`). Without a `status`
 * nothing was sent: the turn in line for a rate limit comes after the caller's `patience`, or a circuit breaker is open.
 */
export class Throttled extends tagged("Throttled")<{
  /** Epoch ms. No request may go out before it: at most an hour ahead, and after a firewall's ban a day. */
  readonly retryAt: number
  /** Epoch ms: until when the provider asked to wait, if that is longer than the session will wait. */
  readonly toldUntil?: number | undefined
  /** The limit that was hit, if the reply names one that is known. */
  readonly policy?: LimitPolicy | undefined
  /** Whom the pause holds, if the provider's value says it: one user, or all users of the client id. */
  readonly per?: RateLimit["per"] | undefined
}> {
  /** Wait until `retryAt`. */
  readonly remedy = "wait" satisfies Remedy
  override get message(): string {
    if (this.policy === "firewall") {
      return "The request was refused by something that we cannot read, such as a firewall. Wait before the next one: asking sooner can lengthen a ban."
    }
    if (this.toldUntil !== undefined) {
      return "The provider asks for a pause that is longer than any that it publishes. It is cut short: wait until then."
    }
    return this.status === undefined
      ? "Nothing was sent, to stay within rate limits. Wait before the next request."
      : "The provider asks for a pause. Wait before the next request."
  }
}

/**
 * No usable answer came: no connection, a server error, a proxy's page. Without a `status`, and with 408, 421 or 425, nothing changed
 * at the provider. With another status it may have acted before it failed: a gateway's 502 or 504 says nothing about the result.
 */
export class Unavailable extends tagged("Unavailable")<{
  /** True if there was no connection at all, as without a network. Nothing was sent, and another try loads no server. */
  readonly unreachable?: boolean | undefined
  /** The host that was asked: `pbx.example.com`, `127.0.0.1:4000`. Absent if none was. */
  readonly host?: string | undefined
  /** What failed, if the runtime says it (a browser does not). */
  readonly failed?: ConnectionFailure.ConnectionFailure | undefined
  /**
   * True if the answer says that the request was not understood, and nothing about what was presented: an intermediary may have lost
   * its body. It is presented once more; the second such answer in a row counts as a refusal.
   */
  readonly garbled?: boolean | undefined
}> {
  /** Ask again, by the schedule of `Retry`. */
  readonly remedy = "retry" satisfies Remedy
  override get message(): string {
    if (this.garbled === true) {
      return "The provider did not understand the request. Try again later; check a proxy on the way, if it lasts."
    }
    const { failed, host, status, unreachable } = this
    if (failed !== undefined) return ConnectionFailure.inWords(failed, host ?? "The provider")
    if (unreachable === true) {
      return `${host ?? "The provider"} cannot be reached: no connection came about. Try again later; check the network and the address (http:// or https://, host, port).`
    }
    return status === undefined
      ? `No response${host === undefined ? "" : ` from ${host}`}: the connection failed, TLS was not trusted, or the request was blocked. Try again later; if it lasts, check the proxy, the certificates and the address.`
      : `${host ?? "The provider's address"} is returning errors. Try again later; check the address, and a proxy on the way, if it lasts.`
  }
}

const stead: Readonly<Record<Stead, string>> = {
  own_token: "a token of the account itself",
  account: "a token that names the account itself",
  other_user: "a token that names another user",
}

/** A complete answer came, but it is not what the provider's page promises. */
export class Unreadable extends tagged("Unreadable")<{
  /** The class of what this library threw, or the provider's value: a mistake in its code. */
  readonly threw?: string | undefined
  /**
   * True if a sign-in got such answers until it is not presented again by itself: a person or an operator has to look. Before
   * `retryAt` the same credentials are not presented, not even for a person.
   */
  readonly refused?: boolean | undefined
  /** In answer to acting: the account's own token, or one that names the account or another user. It was not used. */
  readonly instead?: Stead | undefined
}> {
  /** `report` it; `sign_in` once the session does not repeat the sign-in by itself any more. */
  readonly remedy: "report" | "sign_in" = this.refused === true ? "sign_in" : "report"
  override get message(): string {
    if (this.threw !== undefined) {
      return `pbx-auth or this provider's value has a mistake: it threw ${this.threw}. Report it, with the provider's name.`
    }
    if (this.refused === true) {
      return "The sign-in was refused by something that we cannot read. Check the address, and a proxy on the way, then sign in again."
    }
    if (this.instead !== undefined) {
      return `The provider answered the request to act for somebody with ${stead[this.instead]}. It was not used. Report it, with the provider's name.`
    }
    return "The provider's answer is not what its page promises. Check the address, then report it with the provider's name and the status."
  }
}

/**
 * The request may have reached the provider, but no answer says what became of it: a deadline, a reset, a cut body. With a `status`
 * something else came instead, such as a page.
 *
 * The remedy depends on what was presented. A sign-in may be repeated, a passcode is entered again, acting may be asked for again. A
 * renewal may have used up its refresh token, so it may end in a sign-in: a session presents the refresh token again shortly before
 * its access token ends, or sooner if the provider's rotation allows it.
 */
export class OutcomeUnknown extends tagged("OutcomeUnknown")<{
  /** What was presented. */
  readonly grant: GrantTag
  /** True if the server sent an unrequested `100 Continue`, at which this runtime's `fetch` closes the connection. */
  readonly interim?: boolean | undefined
}> {
  /** By what was presented: a new passcode, a sign-in if a refresh token may be used up, else `retry`. */
  readonly remedy: "sign_in" | "passcode" | "retry" =
    this.grant === "Passcode" ? "passcode" : this.grant === "RefreshToken" ? "sign_in" : "retry"
  override get message(): string {
    if (this.interim === true) {
      return "The server said 100 Continue unasked, and this runtime's fetch gave up before the answer came. Use a fetch of your own: docs/network.md has one."
    }
    const what = this.status === undefined ? "The connection broke" : "Something else than an answer came"
    switch (this.grant) {
      case "Passcode":
        return `${what} while the passcode was checked. Enter a new passcode.`
      case "RefreshToken":
        return `${what} during a renewal, and the refresh token may be used up. Sign in again if the token is refused.`
      default:
        return `${what}. Try again.`
    }
  }
}

/** The token store failed. */
export class StoreFailed extends /* @__PURE__ */ tagged("StoreFailed")<{
  /** `retry` if it may pass (busy, slow), `configure` if it will not (no permission, full, corrupt). */
  readonly remedy: "retry" | "configure"
  /** What is wrong, if it is known: `unreachable`, `full`, `forbidden`, `unknown_key`, `altered`, `unreadable` or `newer`. */
  readonly problem?: StoreProblem | undefined
  /** A sentence that says what is wrong and what to do. It holds no secret and nothing of a record. */
  readonly fix?: string | undefined
}> {
  override get message(): string {
    return `The token store ${this.remedy === "retry" ? "did not answer" : "cannot be used: check its place and space"}.`
  }
}

/** The reasons of an `AuthError`. Each has its `remedy` and its `message`. */
export type Reason =
  | BadCredentials
  | BadPasscode
  | ChallengeExpired
  | PasscodeRequired
  | ClientRefused
  | Misconfigured
  | RenewalRefused
  | SignedOut
  | NotAllowed
  | Throttled
  | Unavailable
  | Unreadable
  | OutcomeUnknown
  | StoreFailed
