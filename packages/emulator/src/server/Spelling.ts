/**
 * How header names are spelt on the wire.
 *
 * Names have no case (RFC 9110 section 5.1), but clients in the field look them up by one spelling: SkySwitch's own demo
 * client (SkySwitch/pbx-api-v1-clients, `php/pbx_api_client.php`) reads `RateLimit`. Inside of the emulator all names are in
 * lower case, as the Fetch Standard has them.
 */

// Words that have more capitals than the first letter.
const words = new Map([
  ["etag", "ETag"],
  ["ratelimit", "RateLimit"],
  ["www", "WWW"],
])

/** A header's name as servers write it: `content-type` is `Content-Type`, and `ratelimit` is `RateLimit`. */
export const spelled = (name: string): string =>
  name
    .toLowerCase()
    .split("-")
    .map((word) => words.get(word) ?? word.charAt(0).toUpperCase() + word.slice(1))
    .join("-")
