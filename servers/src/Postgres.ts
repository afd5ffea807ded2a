/** PostgreSQL for tests: the one that `PBX_TEST_POSTGRES_URL` names, or one of our own from the installed programs. */
import { execFileSync } from "node:child_process"
import { chownSync, globSync } from "node:fs"
import { mkdtemp, writeFile } from "node:fs/promises"
import { tmpdir } from "node:os"
import { dirname, join } from "node:path"
import { freePort, placeOf, type Server, type Source, serve } from "./Server.ts"

const PASSWORD = "made-up-password-of-postgres"

export const source: Source = (() => {
  const url = process.env.PBX_TEST_POSTGRES_URL
  if (url !== undefined && url !== "") return { _tag: "Given", url }
  const program = placeOf("postgres", globSync("/usr/lib/postgresql/*/bin").sort().reverse())
  return program === undefined
    ? { _tag: "Missing", reason: "no PostgreSQL: set PBX_TEST_POSTGRES_URL, or install Debian's postgresql" }
    : { _tag: "Installed", program }
})()

/** It refuses to run as root. */
const unprivileged = (): { readonly uid: number; readonly gid: number } | undefined => {
  if (process.getuid?.() !== 0) return undefined
  const idOf = (user: string, which: string) => Number(execFileSync("id", [which, user], { encoding: "utf8" }))
  for (const user of ["postgres", "nobody"]) {
    try {
      return { uid: idOf(user, "-u"), gid: idOf(user, "-g") }
    } catch {
      // There is no such user.
    }
  }
  return undefined
}

/** Starts one of our own. `settings` are those of postgresql.conf. */
export const start = async (settings: Readonly<Record<string, string>> = {}): Promise<Server> => {
  if (source._tag !== "Installed") throw new Error("PostgreSQL is not installed here")
  const user = unprivileged()
  const folder = await mkdtemp(join(tmpdir(), "pbx-auth-postgres-"))
  const password = join(folder, "password")
  await writeFile(password, PASSWORD)
  if (user !== undefined) for (const path of [folder, password]) chownSync(path, user.uid, user.gid)
  const data = join(folder, "data")
  execFileSync(
    join(dirname(source.program), "initdb"),
    ["-D", data, "-U", "pbx", "-A", "scram-sha-256", `--pwfile=${password}`, "-E", "UTF8", "--locale=C", "--no-sync"],
    { stdio: "pipe", cwd: folder, ...user },
  )
  const port = await freePort()
  const all = {
    listen_addresses: "127.0.0.1",
    unix_socket_directories: "",
    port: String(port),
    max_connections: "60",
    shared_buffers: "16MB",
    ...settings,
  }
  return serve({
    name: "PostgreSQL",
    path: source.program,
    args: ["-D", data, ...Object.entries(all).flatMap(([key, value]) => ["-c", `${key}=${value}`])],
    folder,
    url: `postgres://pbx:${PASSWORD}@127.0.0.1:${port}/postgres`,
    ready: /database system is ready to accept connections/,
    end: "SIGINT",
    user,
  })
}
