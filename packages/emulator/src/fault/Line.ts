/**
 * The connection of a request, as far as a fault needs it, and how its loss looks to a client.
 *
 * Only a server with sockets has one. Without it a client in the same process gets the error that fetch would give.
 */

/** How a faulty connection ends: closed in order without an answer, or reset. */
export type Ending = "close" | "reset"

/** A connection that the server controls. */
export interface Line {
  /** Ends when everything written so far has reached the operating system. */
  readonly flushed: () => Promise<void>
  /** Ends the connection at once. */
  readonly end: (ending: Ending) => void
}

const causes = {
  close: { code: "UND_ERR_SOCKET", message: "other side closed" },
  reset: { code: "ECONNRESET", message: "read ECONNRESET" },
}

/** What a client sees of a connection that ended before its answer: the rejection of Node's fetch, word for word. */
export class LineLost extends TypeError {
  readonly ending: Ending
  constructor(ending: Ending, message = "fetch failed") {
    const { code, message: reason } = causes[ending]
    super(message, { cause: Object.assign(new Error(reason), { code }) })
    this.ending = ending
  }
}
