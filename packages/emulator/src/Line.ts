/**
 * The connection that a request came by, as far as a fault needs it, and how its loss looks to a client.
 *
 * Only a server with sockets has one. Without it a client in the same process gets what fetch would tell it.
 */

/** How a connection ends that does not end well: closed in order with nothing said, or reset. */
export type Ending = "close" | "reset"

/** A connection in the server's hand. */
export interface Line {
  /** Ends when all that was written so far is with the operating system. */
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
