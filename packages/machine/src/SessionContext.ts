/**
 * What a session remembers beside its state: facts about tokens, never a token. Plain JSON, safe to log and to send.
 *
 * All times are epoch milliseconds; `null` means "none" or "never".
 */
import { reached } from "./Renewal.ts"
import type { Purpose } from "./SessionCommand.ts"
import type { KeptFacts, Prompted, Refusal } from "./SessionEvent.ts"

/**
 * The facts about one token: when it dies, how it was got, and whether an API has refused it.
 *
 * @category models
 */
export interface TokenFacts extends KeptFacts {
  /** An API answered 401 to it. It is not handed out again. */
  readonly rejected: boolean
}

/**
 * What a session is told when it is made.
 *
 * @category models
 */
export interface SessionInput {
  /** Credentials are at hand, so the session may sign in without a person. */
  readonly unattended: boolean
  /** How the provider gives the next token. With `sign_in`, no second sign-in follows a refused renewal. */
  readonly renewsWith: "refresh_token" | "sign_in"
  /** Set for a child session: the subject that it acts for, all its life. */
  readonly subject?: string
  /** Whether the provider lets an account act for others. Default true. With false a session neither offers nor accepts it. */
  readonly actsForOthers?: boolean
}

/**
 * What a session remembers beside its state.
 *
 * @category models
 */
export interface SessionContext {
  /** Credentials are at hand, so the session signs in without a person. */
  readonly unattended: boolean
  /** How the provider gives the next token. */
  readonly renewsWith: "refresh_token" | "sign_in"
  /** The session acts for one subject all its life, and has no token of the account's. */
  readonly child: boolean
  /** Whether the provider lets an account act for others. */
  readonly actsForOthers: boolean
  /** The account's own token. */
  readonly own: TokenFacts | null
  /** The subject's token, while acting. */
  readonly acting: TokenFacts | null
  /** The subject that the session acts for. */
  readonly subject: string | null
  /** Counts the tokens of the session, own and acting. It never decreases. */
  readonly generation: number
  /** Counts the presentations. An outcome that echoes another number is late. */
  readonly attempt: number
  /** The purpose of the presentation in flight. */
  readonly presenting: Purpose | null
  /** What the second factor was demanded for. */
  readonly challenged: "sign_in" | "renewal" | null
  /** Until when the second factor may be answered, epoch ms. */
  readonly challengeUntil: number | null
  /** What a person is asked for at a browser, while a sign-in waits for that. */
  readonly prompt: Prompted | null
  /** When the refresh token ends, if that is known and nobody signs in without a person, epoch ms. */
  readonly personNeededAt: number | null
  /** The last refusal, until something succeeds or a new attempt begins. */
  readonly refusal: Refusal | null
  /** The user asked to be signed out. No sign-in follows until a user asks for one. */
  readonly signedOut: boolean
  /** When the session tries again by itself, epoch ms. */
  readonly retryAt: number | null
  /** What a due session presents next: a renewal, a sign-in instead, or nothing without a person. */
  readonly next: "renewal" | "sign_in" | "nothing"
  /** The own token was already renewed for this acting. It is not renewed a second time. */
  readonly renewedForActing: boolean
}

/**
 * Nothing is under way.
 *
 * @internal
 */
export const settled = { presenting: null, prompt: null, retryAt: null } as const

/**
 * No second factor is asked for, and what comes next is a renewal.
 *
 * @internal
 */
export const fresh = { challenged: null, challengeUntil: null, next: "renewal", renewedForActing: false } as const

/**
 * The memory of a session that has done nothing yet. What you leave out: no credentials, renewal by sign-in, acting allowed, no
 * child.
 *
 * @category constructors
 */
export const initialContext = ({
  actsForOthers = true,
  renewsWith = "sign_in",
  subject,
  unattended = false,
}: Partial<SessionInput> = {}): SessionContext => ({
  unattended,
  renewsWith,
  child: subject !== undefined,
  actsForOthers,
  own: null,
  acting: null,
  subject: subject ?? null,
  generation: 0,
  attempt: 0,
  personNeededAt: null,
  refusal: null,
  signedOut: false,
  ...settled,
  ...fresh,
})

/**
 * The facts of the token that the session would hand out: the subject's while it acts, else its own. While the session is still
 * getting the acting token there are none: the account's wider token must not stand in for the subject's.
 *
 * @category getters
 */
export const currentFacts = (context: SessionContext): TokenFacts | null =>
  context.subject === null ? context.own : context.acting

/**
 * When a token needs attention, epoch ms: the moment it is due, or, if it is never renewed, the moment it dies.
 *
 * @category getters
 */
export const endOf = (facts: TokenFacts | null): number | null => facts && (facts.dueAt ?? facts.expiresAt)

/**
 * Whether a token with these facts may be handed out at `now` (epoch ms).
 *
 * @category guards
 */
export const isUsableAt = (facts: TokenFacts | null, now: number): boolean =>
  facts !== null && !facts.rejected && !reached(facts.usableUntil, now)

/**
 * Whether the session may hand out a bearer at `now` (epoch ms). Computed, not a state: a token dies between two events.
 *
 * @category guards
 */
export const isUsable = (context: SessionContext, now: number): boolean => isUsableAt(currentFacts(context), now)

/**
 * The generation that a `Due` or a `Rejected` must name to be about the current token.
 *
 * @category getters
 */
export const currentGeneration = (context: SessionContext): number =>
  currentFacts(context)?.generation ?? context.generation
