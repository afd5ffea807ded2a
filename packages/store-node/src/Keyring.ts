/**
 * The sealing key in the keyring of the operating system: Keychain on macOS, the Credential Manager on Windows, the Secret Service
 * (GNOME Keyring, KWallet, KeePassXC) on Linux. It needs the package `@napi-rs/keyring`, which you install beside this one if you want
 * it. On Linux the kernel's own keyring is not used: it forgets the key at the next start of the machine.
 *
 * A keyring is open while its user is logged in. So what runs unattended, such as a nightly job, needs a key file instead.
 *
 * Each store has an entry of its own: the service is `pbx-auth`, and a file beside the store names the account. So two stores never
 * share a key, and a store whose keyring was lost says so, instead of beginning with another key.
 */

import { basename, dirname } from "node:path"
import type { AsyncEntry } from "@napi-rs/keyring"
import { StoreFailed } from "@pbx-auth/providers/AuthError"
import { generate } from "@pbx-auth/store/KeyRing"
import * as PrivateFiles from "@pbx-auth/store/PrivateFiles"
import * as Effect from "effect/Effect"
import * as FileSystem from "effect/FileSystem"
import * as Redacted from "effect/Redacted"

const SERVICE = "pbx-auth"

const closed = new StoreFailed({
  remedy: "configure",
  problem: "unreachable",
  fix: "The keyring of the operating system is locked, or there is none. Log in, unlock it, or use a key file.",
})

const absent = new StoreFailed({
  remedy: "configure",
  problem: "unreachable",
  fix: "The keyring of the operating system needs the package @napi-rs/keyring. Install it, or use a key file.",
})

const lost = new StoreFailed({
  remedy: "configure",
  problem: "unknown_key",
  fix: "The keyring of the operating system has no key for this token store. Restore it, or remove the store and sign in again.",
})

const forgetful = new StoreFailed({
  remedy: "configure",
  problem: "unreachable",
  fix: "The keyring of the operating system does not keep what it is given. Use a key file.",
})

/** The package is loaded when a keyring is asked for, and not before. */
const load = Effect.tryPromise({ try: () => import("@napi-rs/keyring"), catch: () => absent })

const entryOf = (account: string) =>
  Effect.flatMap(load, ({ AsyncEntry }) =>
    Effect.try({
      try: () => new AsyncEntry(SERVICE, account, { linux: { store: "secret-service" } }),
      catch: () => closed,
    }),
  )

const asked = <A>(question: () => Promise<A>) => Effect.tryPromise({ try: question, catch: () => closed })

/** The key of an account, or `null` if there is none. */
const keyOf = (account: string) => Effect.flatMap(entryOf(account), (entry) => asked(() => entry.getPassword()))

/**
 * Whether there is a keyring that answers.
 *
 * @category guards
 */
export const isOpen: Effect.Effect<boolean> = /* @__PURE__ */ keyOf("probe").pipe(
  Effect.as(true),
  Effect.orElseSucceed(() => false),
)

/**
 * Puts a key there, and then writes the file that names its account. The key is read back before: a file that names a key which nobody can
 * read would lock the user out. Returns the key that is in force, which may be that of another process, or `null` if it is lost.
 */
const begin = (files: FileSystem.FileSystem, path: string, key: Redacted.Redacted<string>) =>
  Effect.gen(function* () {
    const account = `tokens-${crypto.randomUUID()}`
    const entry = yield* entryOf(account)
    const isNamed = yield* Effect.gen(function* () {
      yield* asked(() => entry.setPassword(Redacted.value(key)))
      const kept = yield* asked(() => entry.getPassword())
      if (kept !== Redacted.value(key)) yield* Effect.fail(forgetful)
      return yield* PrivateFiles.writeOnce(files, dirname(path), basename(path), account)
    }).pipe(Effect.tapError(() => removed(entry)))
    if (isNamed) return Redacted.value(key)
    // Another process was first.
    yield* removed(entry)
    return yield* inForce(files, path)
  })

/** Removes an entry that nobody finds any more. */
const removed = (entry: AsyncEntry) => Effect.ignore(asked(() => entry.deletePassword()))

/** The key that the file names; `null` if it is lost, and `undefined` if there is no file. */
const inForce = (files: FileSystem.FileSystem, path: string) =>
  Effect.flatMap(PrivateFiles.readOwn(files, path), (account) =>
    account === undefined ? Effect.undefined : keyOf(account),
  )

/**
 * The key of a store. If the store has none, a new one is made, once, also where many processes begin together.
 *
 * Fails as `StoreFailed` with the problem `unreachable` if the keyring does not answer, and `unknown_key` if it has lost the key.
 *
 * @category constructors
 */
export const make = (
  /** The whole path of the file that names the account. */
  path: string,
): Effect.Effect<Redacted.Redacted<string>, StoreFailed, FileSystem.FileSystem> =>
  Effect.gen(function* () {
    const files = yield* FileSystem.FileSystem
    yield* PrivateFiles.openDirectory(files, dirname(path))
    const found = yield* inForce(files, path)
    const key = found === undefined ? yield* begin(files, path, yield* generate) : found
    return key === null || key === undefined ? yield* Effect.fail(lost) : Redacted.make(key)
  }).pipe(PrivateFiles.told)

/**
 * Puts the key that a store has already into the keyring. The text is as of a key file.
 *
 * Fails as `StoreFailed` with the problem `unreachable` if the keyring does not answer, and `unknown_key` if the store has another key
 * there.
 *
 * @category constructors
 */
export const keep = (
  /** The whole path of the file that names the account. */
  path: string,
  key: Redacted.Redacted<string>,
): Effect.Effect<void, StoreFailed, FileSystem.FileSystem> =>
  Effect.gen(function* () {
    const files = yield* FileSystem.FileSystem
    yield* PrivateFiles.openDirectory(files, dirname(path))
    const found = yield* inForce(files, path)
    const kept = found === undefined ? yield* begin(files, path, key) : found
    if (kept !== Redacted.value(key)) yield* Effect.fail(lost)
  }).pipe(PrivateFiles.told)

/**
 * Removes the key of a store, and the file that names its account. What the store holds can be opened only by a copy of the key.
 *
 * @category combinators
 */
export const forget = (path: string): Effect.Effect<void, StoreFailed, FileSystem.FileSystem> =>
  Effect.gen(function* () {
    const files = yield* FileSystem.FileSystem
    const account = yield* PrivateFiles.readOwn(files, path)
    if (account === undefined) return
    yield* files.remove(path, { force: true })
    yield* Effect.ignore(Effect.flatMap(entryOf(account), removed))
  }).pipe(PrivateFiles.told)
