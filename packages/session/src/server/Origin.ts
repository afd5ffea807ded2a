/** Where a request comes from, as a browser says it: `Origin`, and `Sec-Fetch-Site` if the browser leaves `Origin` out. */

/**
 * An origin as a browser writes it, from one that a person wrote; `undefined` for anything else. `null`, which all sandboxed pages
 * share, does not count as one. A browser's extension and a shell around pages have schemes of their own.
 *
 * @category constructors
 */
export const of = (u: unknown): string | undefined => {
  if (typeof u !== "string" || !/^[a-z][a-z\d+.-]*:\/\/[^/?#@\\*\s]+\/?$/i.test(u) || !URL.canParse(u)) return undefined
  const { host, origin, protocol } = new URL(u)
  return origin === "null" ? `${protocol}//${host.toLowerCase()}` : origin
}

/**
 * The request comes from one of these origins.
 *
 * @category guards
 */
export const isAmong = (origins: ReadonlySet<string>, request: Request): boolean => {
  const origin = request.headers.get("origin")
  return origin === null ? request.headers.get("sec-fetch-site") === "same-origin" : origins.has(origin)
}

/** A host's name has 253 characters at most (RFC 1035 §2.3.4). A longer text of a caller does not get into a log. */
const LONGEST = 300

/**
 * The source of a refused request, in words. A value that is no origin is not repeated: it may hold anything.
 *
 * @category getters
 */
export const describe = (request: Request): string => {
  const given = request.headers.get("origin")
  if (given === null) {
    const site = request.headers.get("sec-fetch-site")
    const known = ["cross-site", "same-site", "none"].find((one) => one === site)
    return known === undefined ? "does not say where it is from" : `is ${known}, as the browser says`
  }
  const origin = of(given)
  if (origin !== undefined && origin.length <= LONGEST) return `is from ${origin}`
  return given === "null" ? "is from a page without an origin" : "has an Origin that is none"
}
