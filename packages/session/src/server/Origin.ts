/** Where a request comes from, as a browser says it: `Origin`, and `Sec-Fetch-Site` where it leaves that out. */

/**
 * An origin as a browser writes it, from one that a person wrote; `undefined` when it is none. `null`, which all sandboxed pages
 * have in common, is none. A browser's extension and a shell around pages have schemes of their own.
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

/** A host's name has 253 characters at most (RFC 1035 §2.3.4); nobody else's text gets into a log beyond that. */
const LONGEST = 300

/**
 * Where a request that is refused comes from, in words. What is no origin is not repeated: it may hold anything.
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
