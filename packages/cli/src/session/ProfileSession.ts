/** The session of a profile: it goes on with the tokens that are kept, and keeps those that follow. */

import { type AuthError, fromReason, isAuthError } from "@pbx-auth/providers/AuthError"
import { makeMemory, type TokenRecord, TokenStore } from "@pbx-auth/session/TokenStore"
import * as Effect from "effect/Effect"
import type * as HttpClient from "effect/http/HttpClient"
import * as Redacted from "effect/Redacted"
import type * as Scope from "effect/Scope"
import { LoginNeeded } from "../failure/LoginNeeded.ts"
import type { Kept } from "../kept/Kept.ts"
import * as KeptStore from "../kept/KeptStore.ts"
import * as SecretOptions from "../kept/SecretOptions.ts"
import { recordKey } from "../profile/Place.ts"
import type { Profile } from "../profile/Profile.ts"
import type { ProviderFileError } from "../provider/OwnProvider.ts"
import { type AnySession, type Choice, choiceOf, keptOnly, type Source } from "../provider/ProviderChoice.ts"
import * as Environment from "../shell/Environment.ts"
import * as Known from "./Known.ts"
import * as Wait from "./Wait.ts"

/**
 * A profile that exists.
 *
 * @category models
 */
export interface Existing extends Kept {
  readonly profile: Profile
}

/**
 * The store as the sessions of one profile see it. Whatever they begin with, a password or a refresh token, and whatever id the file of
 * a provider says, they find the profile's record: it is the profile that a person has chosen.
 */
const storeOf = (tokens: TokenStore["Service"], { id }: Profile, key: string): TokenStore["Service"] => {
  const { watch } = tokens
  return {
    ...tokens,
    read: () => tokens.read(key),
    replace: (_, ...change) => tokens.replace(key, ...change),
    watch: watch && (() => watch(key)),
    fingerprint: () => Effect.succeed(id),
  }
}

/** A store in memory that begins with this record. What a session writes there is kept nowhere. */
const copyOf = (key: string, record: TokenRecord | undefined) =>
  Effect.gen(function* () {
    const memory = yield* makeMemory
    // Nobody else has it yet.
    yield* Effect.orDie(memory.replace(key, undefined, record))
    return memory
  })

/** A session needs something to begin with. It is not presented where the record has tokens. */
const nothing = Redacted.make("none")

/** The password of the environment, if it is this account's. */
const ownCredentials = ({ account }: Profile) =>
  Effect.gen(function* () {
    const { password, username } = Environment.set
    const secret = yield* password
    const name = yield* username
    return secret !== undefined && account !== undefined && (name === undefined || name === account)
      ? { username: account, password: secret }
      : undefined
  })

/** What the profile's session can begin with; fails if only a person can help. */
const beginningOf = (
  name: string,
  profile: Profile,
  { provider }: Choice,
  found: { readonly record: TokenRecord | undefined } | undefined,
  isOwn: boolean,
): Effect.Effect<Environment.Beginning, LoginNeeded | Environment.Unanswered, Environment.Questioning> =>
  Effect.gen(function* () {
    if (found !== undefined && found.record === undefined) {
      return yield* new LoginNeeded({ profile: name, because: `The profile ${name} is signed out.` })
    }
    const credentials = isOwn && provider.signsInWith !== "browser" ? yield* ownCredentials(profile) : undefined
    if (credentials !== undefined) return { credentials }
    const tokens = found?.record?.tokens
    const signsInAlone = isOwn && provider.signsInWith === "client"
    if (tokens === undefined && !signsInAlone) {
      return yield* new LoginNeeded({ profile: name, because: `The profile ${name} is not signed in.` })
    }
    return { refreshToken: tokens?.refreshToken ?? nothing }
  })

/** Reasons that only a person can remove, once there is no password at hand. */
const isForPerson = ({ reason }: AuthError): boolean =>
  reason._tag === "RenewalRefused" || reason._tag === "SignedOut" || reason._tag === "PasscodeRequired"

const because: { readonly [tag: string]: string } = {
  PasscodeRequired:
    "The account has a second factor, and the sign-in that it was given for cannot be renewed any more.",
  SignedOut: "Nobody is signed in.",
}

/**
 * Says that a person is needed, where that is so.
 *
 * @category combinators
 */
export const inPerson =
  (name: string) =>
  <E>(error: E | AuthError): E | AuthError | LoginNeeded =>
    isAuthError(error) && isForPerson(error)
      ? new LoginNeeded({
          profile: name,
          because: because[error.reason._tag] ?? "The provider no longer renews this session.",
          reason: error.reason,
        })
      : error

/** The bearer. A second factor is answered if the environment has a passcode. */
const bearerOf = (session: AnySession): AnySession["bearer"] => {
  const { submitPasscode } = session
  if (submitPasscode === undefined) return session.bearer
  return Effect.catch(session.bearer, (error) =>
    error.reason._tag !== "PasscodeRequired"
      ? Effect.fail(error)
      : Effect.gen(function* () {
          const passcode = yield* Effect.orElseSucceed(Environment.set.passcode, () => undefined)
          if (passcode === undefined) return yield* error
          yield* submitPasscode(passcode)
          return yield* session.bearer
        }),
  )
}

/** Why a profile's session does not come about. */
export type NotOpened = AuthError | ProviderFileError | LoginNeeded | Environment.Unanswered

/**
 * Opens it in the store, for as long as the scope is open. Nothing is asked on the terminal. Closing it waits for a renewal that is under
 * way. `patience` is in ms. `key` is the record that it goes on with, if not the profile's own: that of a user whom the account acts for.
 * Then it never signs in, because it would get the account's token in place of the user's, and it writes nothing into the store.
 *
 * Fails as `LoginNeeded` if nothing is kept and the environment has no password for this account.
 *
 * @category constructors
 */
export const open: (
  kept: Existing,
  store: KeptStore.KeptStore,
  patience?: number | undefined,
  key?: string | undefined,
) => Effect.Effect<
  { readonly session: AnySession; readonly record: TokenRecord | undefined },
  NotOpened,
  Environment.Questioning | HttpClient.HttpClient | Scope.Scope
> = Effect.fnUntraced(function* ({ name, profile }, store, patience, key = recordKey(profile)) {
  const found = yield* Effect.mapError(store.tokens.read(key), fromReason)
  const isOwn = key === recordKey(profile)
  const chosen = yield* choiceOf(profile.provider)
  const choice = isOwn ? chosen : keptOnly(chosen)
  const beginning = yield* beginningOf(name, profile, choice, found, isOwn)
  const needsSecret = choice.provider.clientSecret === "required"
  const clientSecret =
    choice.provider.clientSecret !== "none"
      ? ((yield* store.clientSecret(profile.id).read) ?? (yield* Environment.set.clientSecret))
      : undefined
  if (needsSecret && clientSecret === undefined) {
    return yield* new LoginNeeded({ profile: name, because: `The client secret of the profile ${name} is not kept.` })
  }
  const { account: username, clientId, scopes } = profile
  const hasSecrets = Object.values(choice.provider.options ?? {}).some(({ secret }) => secret === true)
  const options = { ...profile.options, ...(hasSecrets && (yield* SecretOptions.read(store, profile.id))) }
  const tokens = isOwn ? store.tokens : yield* copyOf(key, found?.record)
  const session = yield* choice
    .open(
      { address: profile.address, plainHttp: profile.plainHttp, trailingSlash: profile.trailingSlash },
      profile.basicEncoding,
      Known.answers({ clientId, clientSecret, options, scopes, username, beginning }),
    )
    .pipe(Effect.provideService(TokenStore, storeOf(tokens, profile, key)))
  const waiting = Wait.patient(session, patience)
  return { session: { ...waiting, bearer: bearerOf(waiting) }, record: found?.record }
})

/**
 * What hands out the profile's bearers.
 *
 * @category constructors
 */
export const source = (
  kept: Existing,
  patience: number | undefined,
): Effect.Effect<Source, NotOpened, Environment.Questioning | HttpClient.HttpClient | Scope.Scope> =>
  Effect.gen(function* () {
    const { session } = yield* open(kept, yield* KeptStore.open(kept.directory), patience)
    return session
  })
