/** The work of `login`, and of `profiles add`: a person signs in once, and what follows is kept. */

import { isLoopback } from "@pbx-auth/providers/Address"
import { fromReason } from "@pbx-auth/providers/AuthError"
import { makeMemory, type TokenRecord, TokenStore } from "@pbx-auth/session/TokenStore"
import * as Console from "effect/Console"
import * as Effect from "effect/Effect"
import * as FetchHttpClient from "effect/http/FetchHttpClient"
import type { GivenTo } from "../grammar/Command.ts"
import type { commands } from "../grammar/Grammar.ts"
import type { Kept } from "../kept/Kept.ts"
import * as KeptState from "../kept/KeptState.ts"
import * as KeptStore from "../kept/KeptStore.ts"
import * as Orphans from "../kept/Orphans.ts"
import * as SealingKey from "../kept/SealingKey.ts"
import * as SecretOptions from "../kept/SecretOptions.ts"
import { recordKey } from "../profile/Place.ts"
import * as Profile from "../profile/Profile.ts"
import * as ProfileFile from "../profile/ProfileFile.ts"
import { addressOf, type BasicEncoding, type Choice, choiceOf, type Endpoint } from "../provider/ProviderChoice.ts"
import * as ProviderPath from "../provider/ProviderPath.ts"
import { type Chosen, find } from "../provider/ProviderTable.ts"
import * as ActedFor from "../session/ActedFor.ts"
import * as Known from "../session/Known.ts"
import { begin, blameVariable } from "../session/SignedIn.ts"
import * as Wait from "../session/Wait.ts"
import * as Environment from "../shell/Environment.ts"
import * as Printable from "../shell/Printable.ts"

/**
 * A store in memory that shows the last record with tokens. What a person gave is checked by the provider before it is kept. The session
 * was given this store, so it leaves the tokens alive as it closes.
 */
const watched = Effect.map(makeMemory, (memory) => {
  const seen: { last: TokenRecord | undefined } = { last: undefined }
  const store: TokenStore["Service"] = {
    ...memory,
    replace: (key, expected, next) =>
      Effect.tap(memory.replace(key, expected, next), () =>
        Effect.sync(() => {
          if (next?.tokens !== undefined) seen.last = next
        }),
      ),
  }
  return { seen, store }
})

/** Puts the new tokens above those that are kept, also while another process renews the old ones. */
const keep = (store: KeptStore.KeptStore, key: string, record: TokenRecord): Effect.Effect<void, KeptStore.Failed> =>
  Effect.gen(function* () {
    const found = yield* store.tokens.read(key)
    const generation = Math.max(found?.record?.generation ?? 0, record.generation) + 1
    yield* store.tokens.replace(key, found?.version, { ...record, generation, intent: undefined })
  }).pipe(
    Effect.catchTag("StoreConflict", () => keep(store, key, record)),
    Effect.mapError((error) => (error._tag === "StoreFailed" ? fromReason(error) : error)),
  )

interface Where extends Endpoint {
  readonly basicEncoding: BasicEncoding | undefined
}

/** Whether what goes to this origin can be read on the way. */
const isInClear = (origin: string): boolean => {
  const { hostname, protocol } = new URL(origin)
  return protocol === "http:" && !isLoopback(hostname)
}

/** Flags come first, then the environment, then what the profile says. A wrong address is refused before anything is asked. */
const whereOf = (choice: Choice, given: Where, profile: Profile.Profile | undefined) =>
  Effect.gen(function* () {
    const usual = given.address === undefined ? yield* Environment.address : undefined
    const address = given.address ?? usual ?? profile?.address
    // Whoever has to say it sets the variable, too.
    const isOfVariable = given.address === undefined && (usual !== undefined || address === undefined)
    // The user said it of the address of then, and of no other one.
    const plainHttp = given.plainHttp ?? (address === profile?.address ? profile?.plainHttp : undefined)
    const { origin } = yield* Effect.mapError(
      addressOf(choice, { address, plainHttp }),
      isOfVariable ? blameVariable : (error) => error,
    )
    return {
      address,
      plainHttp: isInClear(origin) ? true : undefined,
      trailingSlash: given.trailingSlash ?? profile?.trailingSlash,
      basicEncoding: given.basicEncoding ?? profile?.basicEncoding,
    } satisfies Where
  })

/** What a login reads of its flags, whatever it begins with. */
interface Opens {
  readonly keySource?: SealingKey.Source | undefined
  readonly json?: boolean | undefined
}

/** A person reads it on standard error. With `--json` it is in the result, and nothing else stands on standard error. */
const tell = ({ json }: Opens, sentence: string | null) =>
  sentence === null || json === true ? Effect.void : Console.error(Printable.line(`pbx-auth: ${sentence}`))

/** The store, with its key where the user wants it, and a notice if the key is elsewhere. */
const opened = (directory: string, given: Opens) =>
  Effect.gen(function* () {
    const wish = given.keySource ?? (yield* Environment.keySource)
    const notice = (wish && (yield* SealingKey.choose(directory, wish))) ?? null
    yield* tell(given, notice)
    return { notice, keptStore: yield* KeptStore.open(directory) }
  })

/** `Kept` has found the mistake before, with words for the user. */
const noProvider = Effect.die(new Error("There is no provider."))

/** A profile for another account, client or place is another one: nothing of the old one may meet it. */
const isSame = (one: Profile.Profile, other: Profile.Profile): boolean =>
  (["provider", "address", "clientId", "account"] as const).every((field) => one[field] === other[field]) &&
  JSON.stringify(one.options ?? {}) === JSON.stringify(other.options ?? {})

/** The secrets that are kept for this address, without those that cannot be opened. */
const sealedOf = (store: KeptStore.KeptStore, profile: Profile.Profile | undefined, address: string | undefined) =>
  Effect.gen(function* () {
    if (profile === undefined || profile.address !== address) return {}
    const clientSecret = Effect.catchIf(store.clientSecret(profile.id).read, KeptStore.isLost, () => Effect.undefined)
    const options = Effect.catchIf(SecretOptions.read(store, profile.id), KeptStore.isLost, () => Effect.succeed({}))
    return { clientSecret: yield* clientSecret, options: yield* options }
  })

/** Whether new tokens can be put above those that are kept. */
const isReadable = (store: KeptStore.KeptStore, profile: Profile.Profile | undefined) =>
  profile === undefined
    ? Effect.succeed(true)
    : store.tokens.read(recordKey(profile)).pipe(
        Effect.mapError(fromReason),
        Effect.as(true),
        Effect.catchIf(KeptStore.isLost, () => Effect.succeed(false)),
      )

/** With `old`, the new profile goes on with what is kept of it, if it is for the same account. */
const profileOf = (provider: Chosen, where: Where, known: Known.Known, old: Profile.Profile | undefined) => {
  const { clientId, scopes, username: account } = known
  const shown = Object.entries(known.options ?? {}).filter((one): one is [string, string] => typeof one[1] === "string")
  const options = shown.length === 0 ? undefined : Object.fromEntries(shown)
  const made: Profile.Profile = {
    version: 1,
    id: Profile.newId(),
    provider,
    ...where,
    clientId,
    scopes,
    options,
    account,
  }
  return old !== undefined && isSame(old, made) ? { ...made, id: old.id } : made
}

/**
 * The secret first, and the profile at last: a profile that can be found is whole. What a login leaves that is killed in between, a
 * later one sweeps.
 */
const store = (
  { directory, name, profile: old }: Kept,
  kept: KeptStore.KeptStore,
  made: Profile.Profile,
  { clientSecret, options = {} }: Known.Known,
  record: TokenRecord | undefined,
) =>
  Effect.gen(function* () {
    yield* SecretOptions.write(kept, made.id, options)
    if (clientSecret !== undefined) yield* kept.clientSecret(made.id).write(clientSecret)
    if (record !== undefined) yield* keep(kept, recordKey(made), record)
    const isFirst = Profile.list(directory).length === 0
    yield* ProfileFile.attempt(() => Profile.write(directory, name, made))
    if (isFirst) yield* ProfileFile.attempt(() => Profile.chooseDefault(directory, name))
    // Another person may have signed in.
    if (old !== undefined) yield* ActedFor.forget(kept, old)
    if (old !== undefined && old.id !== made.id) {
      yield* KeptStore.ifNotLost(kept.end(recordKey(old)))
      yield* KeptStore.ifNotLost(kept.forgetSecrets(old.id))
    }
    yield* Orphans.sweep(directory, kept)
  })

/**
 * Signs in, and keeps the tokens.
 *
 * @category running
 */
export const run = Effect.fnUntraced(
  function* (given: GivenTo<typeof commands.login>, kept: Kept) {
    const { name, profile: old } = kept
    const provider = old?.provider ?? given.argument ?? (given.provider && ProviderPath.absolute(given.provider))
    if (provider === undefined) return yield* noProvider
    const choice = yield* choiceOf(provider)
    const where = yield* whereOf(choice, given, old)
    const { keptStore, notice } = yield* opened(kept.directory, given)
    const begins = (given.refreshToken ?? find(provider)?.goesOn) === true ? "refresh_token" : "password"
    const known = yield* Known.gather(
      { provider: choice.provider, name: provider },
      old,
      yield* sealedOf(keptStore, old, where.address),
      begins,
    )
    const { seen, store: memory } = yield* watched
    const { basicEncoding, ...endpoint } = where
    const open = choice.open(endpoint, basicEncoding, Known.answers(known))
    yield* Effect.gen(function* () {
      const session = yield* Effect.provideService(open, TokenStore, memory)
      if (begins === "password") return yield* begin(session, choice, given)
      // It is presented by the first bearer.
      yield* Wait.patient(session, Wait.millis(given.wait)).bearer
    }).pipe(Effect.scoped)
    const record = seen.last
    if (record === undefined) return yield* Effect.die(new Error("There is a token, and no record of it."))
    const made = profileOf(provider, where, known, (yield* isReadable(keptStore, old)) ? old : undefined)
    yield* store(kept, keptStore, made, known, record)
    const state = yield* KeptState.of(name, made, record)
    yield* Console.log(
      given.json === true
        ? Printable.json({ ...state, notice })
        : KeptState.inWords(state).map(Printable.line).join("\n"),
    )
    yield* tell(given, state.warning)
  },
  Effect.scoped,
  Effect.provide(FetchHttpClient.layer),
)

/**
 * Keeps what a sign-in will need, and does not sign in. Returns what the user has to know about the sealing key, or `null`.
 *
 * @category running
 */
export const add = Effect.fnUntraced(function* (given: GivenTo<typeof commands.profiles>, kept: Kept) {
  if (given.provider === undefined) return yield* noProvider
  const provider = ProviderPath.isPath(given.provider) ? ProviderPath.absolute(given.provider) : given.provider
  const choice = yield* choiceOf(provider)
  const where = yield* whereOf(choice, given, undefined)
  const { keptStore, notice } = yield* opened(kept.directory, given)
  const known = yield* Known.gather({ provider: choice.provider, name: provider }, undefined, {}, "later")
  const made = profileOf(provider, where, known, undefined)
  yield* store(kept, keptStore, made, known, undefined)
  return notice
}, Effect.scoped)
