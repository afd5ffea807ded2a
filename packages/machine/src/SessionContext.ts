/**
 * What a session remembers beside its state: facts about tokens, never a token. Plain JSON, safe to log and to send.
 *
 * All times are epoch milliseconds; `null` stands for "none" or "never".
 */
import { reached } from "./Renewal.ts"
import type { Purpose } from "./SessionCommand.ts"
import type { KeptFacts, Refusal } from "./SessionEvent.ts"

/**
 * That there is a token, when it dies, how it was got, and whether an API has refused it.
 *
 * @category models
 */
export interface TokenFacts extends KeptFacts {
  readonly rejected: boolean
}

/**
 * What a session is told when it is made.
 *
 * @category models
 */
export interface SessionInput {
  /** Credentials are at hand: the session may sign in without a person. */
  readonly unattended: boolean
  /** How the provider gives the next token. With `sign_in` a refused renewal is not followed by one more sign-in. */
  readonly renewsWith: "refresh_token" | "sign_in"
  /** Set for a child session: whom it acts for, all its life. */
  readonly subject?: string
  /** Does the provider let anybody act for others? Default true; with false it is neither offered nor taken. */
  readonly actsForOthers?: boolean
}

/**
 * @category models
 */
export interface SessionContext {
  readonly unattended: boolean
  readonly renewsWith: "refresh_token" | "sign_in"
  readonly child: boolean
  readonly actsForOthers: boolean
  /** The account's own token. */
  readonly own: TokenFacts | null
  /** The subject's token, while acting. */
  readonly acting: TokenFacts | null
  /** Whom the session acts for. */
  readonly subject: string | null
  /** Counts the tokens of the session, own and acting; it never goes back. */
  readonly generation: number
  /** Counts the presentations; an outcome that echoes another number is late. */
  readonly attempt: number
  /** The purpose of the presentation in flight. */
  readonly presenting: Purpose | null
  /** What the second factor was demanded for. */
  readonly challenged: "sign_in" | "renewal" | null
  readonly challengeUntil: number | null
  readonly refusal: Refusal | null
  /** Somebody asked to be signed out: no sign-in follows unless somebody asks for it. */
  readonly signedOut: boolean
  readonly retryAt: number | null
  /** What a due session presents next: a renewal, a sign-in in its place, or nothing without a person. */
  readonly next: "renewal" | "sign_in" | "nothing"
  /** The own token was already renewed for the sake of this act of acting: not a second time. */
  readonly renewedForActing: boolean
}

/**
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
  presenting: null,
  challenged: null,
  challengeUntil: null,
  refusal: null,
  signedOut: false,
  retryAt: null,
  next: "renewal",
  renewedForActing: false,
})

/**
 * The facts of the token that the session would hand out: the subject's while it acts for somebody, else its own. While
 * the acting token is still being got there are none: the account's wider token must not stand in for the subject's.
 *
 * @category getters
 */
export const currentFacts = (context: SessionContext): TokenFacts | null =>
  context.subject === null ? context.own : context.acting

/**
 * When something is to be done about a token, epoch ms: it is due, or, when nobody renews it, it is dead.
 *
 * @category getters
 */
export const endOf = (facts: TokenFacts | null): number | null => facts && (facts.dueAt ?? facts.expiresAt)

/**
 * May a token with these facts be handed out at `now` (epoch ms)?
 *
 * @category guards
 */
export const isUsableAt = (facts: TokenFacts | null, now: number): boolean =>
  facts !== null && !facts.rejected && !reached(facts.usableUntil, now)

/**
 * May the session hand out a bearer at `now` (epoch ms)? Computed, not a state: a token dies between two events.
 *
 * @category guards
 */
export const isUsable = (context: SessionContext, now: number): boolean => isUsableAt(currentFacts(context), now)

/**
 * The generation that a `Due` or a `Rejected` must name to be about now.
 *
 * @category getters
 */
export const currentGeneration = (context: SessionContext): number =>
  currentFacts(context)?.generation ?? context.generation
