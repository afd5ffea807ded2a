/**
 * The tokens that a vendor has issued, kept by value in memory.
 *
 * This file holds what all vendors do alike: tokens die at a time, a refresh token gives the next pair, and rotation decides about
 * the old one. Each vendor decides the holder and the form of a token.
 */
import type { Rotation } from "./WorldFields.ts"

/** How a vendor's tokens live; all lives in seconds. */
export interface Policy {
  /** Of an access token, s. */
  readonly lifetime: number
  /** Absent if there are no refresh tokens; null if they do not die of age. */
  readonly refreshLifetime?: number | null
  /** As the world's, or `once`: a renewal replaces the refresh token, and the old one is refused without further effects. */
  readonly rotation: Rotation | "once"
  /** Whether a renewal kills the access token that it replaces. */
  readonly renewalEndsAccess: boolean
}

/** A pair as it goes out; lives in whole seconds from now. */
export interface Issued {
  /** The access token. */
  readonly access: string
  /** Its life, s. */
  readonly expiresIn: number
  /** The refresh token, if there is one. */
  readonly refresh?: string
  /** Its life, s; absent if it does not die of age. */
  readonly refreshExpiresIn?: number
}

/** Makes the text of a token. Times are epoch ms; `expiresAt` is infinite for a token that does not die of age. */
export type Mint<Holder> = (token: {
  readonly kind: "access" | "refresh"
  readonly holder: Holder
  readonly now: number
  readonly expiresAt: number
}) => string

/** The tokens of one vendor. Every `now` is in epoch ms. */
export interface TokenTable<Holder> {
  /** Begins a family: an access token, and a refresh token if the policy has them. */
  issue(holder: Holder, now: number, policy: Policy): Issued
  /** The holder of a living access token, its end (epoch ms), and its rest in whole seconds. */
  find(access: string, now: number): { holder: Holder; expiresAt: number; secondsLeft: number } | undefined
  /** The holder of this token, access or refresh, dead or alive. */
  holderOf(text: string): Holder | undefined
  /** Makes a token, access or refresh, die earlier, at this time (epoch ms). */
  shorten(text: string, at: number): void
  /** Renews by refresh token, if it lives and its holder is accepted. */
  renew(
    refresh: string,
    now: number,
    policy: Policy,
    accepts: (holder: Holder) => boolean,
  ): { readonly holder: Holder; readonly issued: Issued } | undefined
  /** Kills the access token's whole family. False if no such token was ever issued. */
  revoke(access: string, now: number): boolean
  /** Kills all living access tokens early; returns how many. */
  killAccess(now: number): number
  /** Kills all living refresh tokens early; returns how many. */
  killRefresh(now: number): number
}

interface Pair<Holder> {
  readonly access: Token<Holder>
  readonly refresh: Token<Holder> | undefined
}

/** The tokens of one sign-in: the latest pair, and every token before it. */
interface Family<Holder> {
  readonly holder: Holder
  readonly tokens: Set<Token<Holder>>
  latest?: Pair<Holder>
}

interface Token<Holder> {
  readonly text: string
  readonly family: Family<Holder>
  /** Epoch ms. */
  expiresAt: number
  /** When a renewal replaced this refresh token, in epoch ms. */
  replacedAt?: number
}

/** Random hexadecimal text of so many bytes. */
export const randomHex = (bytes: number): string =>
  Array.from(crypto.getRandomValues(new Uint8Array(bytes)), (byte) => byte.toString(16).padStart(2, "0")).join("")

/** Makes an empty table. */
export const make = <Holder>(mint: Mint<Holder>): TokenTable<Holder> => {
  const accessTokens = new Map<string, Token<Holder>>()
  const refreshTokens = new Map<string, Token<Holder>>()

  const add = (kind: "access" | "refresh", family: Family<Holder>, now: number, lifetime: number | null) => {
    const expiresAt = lifetime === null ? Number.POSITIVE_INFINITY : now + lifetime * 1000
    const token: Token<Holder> = { text: mint({ kind, holder: family.holder, now, expiresAt }), family, expiresAt }
    ;(kind === "access" ? accessTokens : refreshTokens).set(token.text, token)
    family.tokens.add(token)
    return token
  }

  const issuedOf = ({ access, refresh }: Pair<Holder>, now: number): Issued => ({
    access: access.text,
    expiresIn: secondsLeft(access, now),
    ...(refresh && { refresh: refresh.text }),
    ...(refresh && Number.isFinite(refresh.expiresAt) && { refreshExpiresIn: secondsLeft(refresh, now) }),
  })

  const secondsLeft = (token: Token<Holder>, now: number) => Math.max(0, Math.floor((token.expiresAt - now) / 1000))

  const kill = (tokens: Iterable<Token<Holder>>, now: number) => {
    let killed = 0
    for (const token of tokens) {
      if (token.expiresAt > now && token.replacedAt === undefined) killed++
      token.expiresAt = Number.NEGATIVE_INFINITY
    }
    return killed
  }

  return {
    issue: (holder, now, policy) => {
      const family: Family<Holder> = { holder, tokens: new Set() }
      const { refreshLifetime } = policy
      family.latest = {
        access: add("access", family, now, policy.lifetime),
        refresh: refreshLifetime === undefined ? undefined : add("refresh", family, now, refreshLifetime),
      }
      return issuedOf(family.latest, now)
    },

    find: (access, now) => {
      const token = accessTokens.get(access)
      if (!token || token.expiresAt <= now) return undefined
      return { holder: token.family.holder, expiresAt: token.expiresAt, secondsLeft: secondsLeft(token, now) }
    },

    holderOf: (text) => (accessTokens.get(text) ?? refreshTokens.get(text))?.family.holder,

    shorten: (text, at) => {
      const token = accessTokens.get(text) ?? refreshTokens.get(text)
      if (token) token.expiresAt = Math.min(token.expiresAt, at)
    },

    renew: (refresh, now, policy, accepts) => {
      const token = refreshTokens.get(refresh)
      if (!token || token.expiresAt <= now || !accepts(token.family.holder)) return undefined
      const { family } = token
      const { latest, holder } = family
      const { rotation, refreshLifetime = null } = policy

      if (token.replacedAt !== undefined) {
        const grace = typeof rotation === "object" ? rotation.grace * 1000 : 0
        if (latest && now - token.replacedAt < grace) return { holder, issued: issuedOf(latest, now) }
        // Replay of a replaced token: another party may have it, so the whole family dies (RFC 9700 section 4.14.2).
        if (rotation !== "once") kill(family.tokens, now)
        return undefined
      }

      if (latest && policy.renewalEndsAccess) latest.access.expiresAt = Number.NEGATIVE_INFINITY
      if (rotation === "none") {
        token.expiresAt = refreshLifetime === null ? token.expiresAt : now + refreshLifetime * 1000
      } else {
        token.replacedAt = now
      }
      family.latest = {
        access: add("access", family, now, policy.lifetime),
        refresh: rotation === "none" ? token : add("refresh", family, now, refreshLifetime),
      }
      return { holder, issued: issuedOf(family.latest, now) }
    },

    revoke: (access, now) => {
      const token = accessTokens.get(access)
      if (!token) return false
      kill(token.family.tokens, now)
      return true
    },

    killAccess: (now) => kill(accessTokens.values(), now),
    killRefresh: (now) => kill(refreshTokens.values(), now),
  }
}
