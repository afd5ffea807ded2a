/** The server of a test file: the one that is given, or one of our own for as long as the file runs. */
import type { Server, Source } from "./Server.ts"

/** A kind of server, as `Postgres.ts` and `Redis.ts` are. */
export interface Kind {
  readonly source: Source
  start(settings?: Readonly<Record<string, string>>): Promise<Server>
}

export interface TestServer {
  /** Of the server's owner. */
  readonly url: () => string
  /** The one of our own. It throws where there is none. */
  readonly server: () => Server
  readonly start: () => Promise<void>
  readonly end: () => Promise<void>
}

/** `settings` are those of the one of our own. One that is given stays: `tidy` removes what the tests left in it. */
export const make = (
  { source, start }: Kind,
  settings: Readonly<Record<string, string>>,
  tidy: () => Promise<unknown> = async () => undefined,
): TestServer => {
  let server: Server | undefined
  return {
    url: () => (source._tag === "Given" ? source.url : (server?.url ?? "")),
    server: () => {
      if (server === undefined) throw new Error("the server is not started")
      return server
    },
    start: async () => {
      if (source._tag === "Installed") server = await start(settings)
    },
    end: async () => {
      await (server === undefined ? tidy() : server.close())
    },
  }
}
