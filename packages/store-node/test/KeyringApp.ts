/** A process of an app that keeps its sealing key in the keyring. Arguments: the file that names the account. It prints the key's id. */
import * as NodeFileSystem from "@effect/platform-node/NodeFileSystem"
import * as KeyRing from "@pbx-auth/store/KeyRing"
import * as Keyring from "@pbx-auth/store-node/Keyring"
import * as NodeTokenStore from "@pbx-auth/store-node/NodeTokenStore"
import * as Effect from "effect/Effect"

const [path = ""] = process.argv.slice(2)

await Effect.gen(function* () {
  const source = yield* NodeTokenStore.keySource(path.replace(/ring$/, ""))
  const ids = yield* Effect.forEach(
    Array.from({ length: 4 }),
    () => Effect.flatMap(Keyring.make(path), KeyRing.parse).pipe(Effect.map(({ current }) => current.id)),
    { concurrency: "unbounded" },
  )
  return `${source} ${[...new Set(ids)].join(" ")}`
}).pipe(
  Effect.catch((error) => Effect.succeed(`${error._tag} ${"problem" in error ? error.problem : ""}`)),
  Effect.map((line) => process.stdout.write(`${line}\n`)),
  Effect.provide(NodeFileSystem.layer),
  Effect.runPromise,
)
