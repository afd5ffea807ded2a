/** Redis for tests: the one that `PBX_TEST_REDIS_URL` names, or one of our own from the installed program. */
import { mkdtemp } from "node:fs/promises"
import { tmpdir } from "node:os"
import { join } from "node:path"
import { freePort, placeOf, type Server, type Source, serve } from "./Server.ts"

const PASSWORD = "made-up-password-of-redis"

export const source: Source = (() => {
  const url = process.env.PBX_TEST_REDIS_URL
  if (url !== undefined && url !== "") return { _tag: "Given", url }
  const program = placeOf("redis-server")
  return program === undefined
    ? { _tag: "Missing", reason: "no Redis: set PBX_TEST_REDIS_URL, or install Debian's redis-server" }
    : { _tag: "Installed", program }
})()

/** Starts one of our own, which writes each change to its log before it answers. `settings` are those of redis.conf. */
export const start = async (settings: Readonly<Record<string, string>> = {}): Promise<Server> => {
  if (source._tag !== "Installed") throw new Error("Redis is not installed here")
  const folder = await mkdtemp(join(tmpdir(), "pbx-auth-redis-"))
  const port = await freePort()
  const all = {
    bind: "127.0.0.1",
    port: String(port),
    dir: folder,
    save: "",
    appendonly: "yes",
    appendfsync: "always",
    requirepass: PASSWORD,
    ...settings,
  }
  return serve({
    name: "Redis",
    path: source.program,
    args: Object.entries(all).flatMap(([key, value]) => [`--${key}`, value]),
    folder,
    url: `redis://:${PASSWORD}@127.0.0.1:${port}`,
    ready: /Ready to accept connections/,
    end: "SIGTERM",
  })
}
