/** Texts in the form of a JWT (RFC 7519) that can be read as one. Their signature is not real. */

const base64url = (text: string) =>
  btoa(String.fromCharCode(...new TextEncoder().encode(text)))
    .replaceAll("+", "-")
    .replaceAll("/", "_")
    .replace(/=+$/, "")

/** Makes one with these claims, under the name of this algorithm. */
export const make = (alg: "RS256" | "HS256", claims: Readonly<Record<string, unknown>>): string =>
  [JSON.stringify({ alg, typ: "JWT" }), JSON.stringify(claims), "signed with nothing"].map(base64url).join(".")

/** The claims of one that `make` made. */
export const claimsOf = (jwt: string): Readonly<Record<string, unknown>> => {
  const payload = (jwt.split(".")[1] ?? "").replaceAll("-", "+").replaceAll("_", "/")
  return JSON.parse(new TextDecoder().decode(Uint8Array.from(atob(payload), (char) => char.charCodeAt(0))))
}
