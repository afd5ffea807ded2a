/**
 * HTTP Basic credentials (RFC 7617), in the two ways in which clients write them.
 *
 * RFC 6749 section 2.3.1 form-encodes id and secret before it joins them with a colon. curl, and so the vendors' pages, joins them as
 * they are. The two differ if an id or a secret has a character that form-encoding changes: many libraries write `your%2Dclient%2Did`
 * for `your-client-id`. Servers accept the one, the other or both.
 */
import type { BasicEncoding } from "./WorldFields.ts"

/** A client as a request shows it. */
export interface Shown {
  /** The client id; absent if none was sent. */
  readonly id: string | undefined
  /** Its secret; absent if none was sent. */
  readonly secret: string | undefined
}

/** An id and a secret, joined by a colon, from the header; undefined if it has none. */
export const decode = (credentials: string): { readonly id: string; readonly secret: string } | undefined => {
  try {
    const text = new TextDecoder().decode(Uint8Array.from(atob(credentials), (char) => char.charCodeAt(0)))
    const colon = text.indexOf(":")
    return colon < 0 ? undefined : { id: text.slice(0, colon), secret: text.slice(colon + 1) }
  } catch {
    return undefined
  }
}

// `application/x-www-form-urlencoded`: a plus sign is a blank (RFC 6749 appendix B).
const formDecoded = (text: string) => decodeURIComponent(text.replaceAll("+", " "))

/** What the credentials can mean at a server that accepts this encoding. */
export const readings = (raw: Shown, encoding: BasicEncoding): ReadonlyArray<Shown> => {
  if (encoding === "raw") return [raw]
  const other = encoding === "both" ? [raw] : []
  try {
    return [...other, { id: formDecoded(raw.id ?? ""), secret: formDecoded(raw.secret ?? "") }]
  } catch {
    // A percent sign that begins no escape: this was not encoded.
    return other
  }
}

/** The client of a request, in the reading in which its secret is right. A client without a secret needs none. */
export const find = <Client extends { readonly id: string; readonly secret?: string }>(
  clients: ReadonlyArray<Client>,
  shown: ReadonlyArray<Shown>,
): { readonly client: Client; readonly right: boolean } | undefined => {
  const known = shown.flatMap(({ id, secret }) => {
    const client = clients.find((client) => client.id === id)
    return client ? [{ client, right: client.secret === undefined || client.secret === secret }] : []
  })
  return known.find(({ right }) => right) ?? known[0]
}
