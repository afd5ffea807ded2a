/**
 * A `TokenStore` on this machine, in one line: the tokens are sealed, and lie in files or in SQLite.
 *
 * ```ts
 * SkySwitch.layer(options).pipe(Layer.provide(NodeTokenStore.layerFile()))
 * ```
 */

import { join } from "node:path"
import * as NodeFileSystem from "@effect/platform-node-shared/NodeFileSystem"
import type { AuthError, StoreFailed } from "@pbx-auth/providers/AuthError"
import type { TokenStore } from "@pbx-auth/session/TokenStore"
import type { Cells } from "@pbx-auth/store/Cells"
import * as FileCells from "@pbx-auth/store/FileCells"
import type { KeptRecords } from "@pbx-auth/store/KeptRecords"
import { KeyRing, parse } from "@pbx-auth/store/KeyRing"
import * as SealedTokenStore from "@pbx-auth/store/SealedTokenStore"
import * as Effect from "effect/Effect"
import * as FileSystem from "effect/FileSystem"
import * as Layer from "effect/Layer"
import * as KeyFile from "./KeyFile.ts"
import * as Keyring from "./Keyring.ts"
import * as UserDirectories from "./UserDirectories.ts"

/**
 * Where the sealing key is.
 *
 * - `file`: in a file beside the store, with the mode 0600. Whoever reads both can open the tokens.
 * - `keyring`: in the keyring of the operating system, as `Keyring` says.
 * - `auto`: where it was when the store began. A new store takes the keyring if `@napi-rs/keyring` is installed and a keyring answers,
 *   else a file.
 *
 * @category models
 */
export type KeySource = "auto" | "file" | "keyring"

/**
 * Where the sealing key is kept.
 *
 * @category models
 */
export interface Options {
  /** By default `auto`. */
  readonly key?: KeySource | undefined
}

/**
 * Where the key of a store is, which `auto` leaves open.
 *
 * @category keys
 */
export const keySource = (
  /** The key file's path. The name of the keyring's account is beside it, with the ending `ring`. */
  keyFile: string,
  source: KeySource = "auto",
): Effect.Effect<"file" | "keyring", never, FileSystem.FileSystem> =>
  Effect.gen(function* () {
    if (source !== "auto") return source
    const files = yield* FileSystem.FileSystem
    const isThere = (path: string) => Effect.orElseSucceed(files.exists(path), () => false)
    if (yield* isThere(keyFile)) return "file"
    return (yield* isThere(`${keyFile}ring`)) || (yield* Keyring.isOpen) ? "keyring" : "file"
  })

const layerKey = (keyFile: string, { key = "auto" }: Options) =>
  Layer.effect(
    KeyRing,
    Effect.flatMap(keySource(keyFile, key), (source) =>
      Effect.flatMap(source === "file" ? KeyFile.make(keyFile) : Keyring.make(`${keyFile}ring`), parse),
    ),
  )

const layerOf = (
  cells: Layer.Layer<Cells, StoreFailed, FileSystem.FileSystem>,
  keyFile: string,
  options: Options,
): Layer.Layer<TokenStore | KeptRecords, AuthError | StoreFailed> =>
  SealedTokenStore.layer.pipe(Layer.provide([cells, layerKey(keyFile, options)]), Layer.provide(NodeFileSystem.layer))

/**
 * Tokens in files, by default in the directory `pbx-auth/tokens` among the user's state, as `UserDirectories` says. The key file is
 * `key` in the same directory.
 *
 * @category layers
 */
export const layerFile = (
  /** A whole path. */
  directory: string = join(UserDirectories.of().state, "tokens"),
  options: Options = {},
): Layer.Layer<TokenStore | KeptRecords, AuthError | StoreFailed> =>
  layerOf(FileCells.layer({ directory }), join(directory, "key"), options)

/**
 * Tokens in a database of SQLite, by default `pbx-auth/tokens.db` among the user's state. The key file is beside it, with the ending
 * `-key`.
 *
 * @category layers
 */
export const layerSqlite = (
  /** A whole path. */
  path: string = join(UserDirectories.of().state, "tokens.db"),
  options: Options = {},
): Layer.Layer<TokenStore | KeptRecords, AuthError | StoreFailed> =>
  layerOf(
    // Node 22 warns as soon as its SQLite is loaded.
    Layer.unwrap(
      Effect.map(
        Effect.promise(() => import("./SqliteCells.ts")),
        ({ layer }) => layer({ path }),
      ),
    ),
    `${path}-key`,
    options,
  )
