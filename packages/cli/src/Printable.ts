/**
 * What may be printed on a terminal. It obeys control characters, those of the second set (C1) as well, and what a provider tells is
 * what somebody typed there: names, above all. A character that turns the direction of a text makes it look like another one.
 */

const obeyed = /[\p{Cc}\p{Bidi_Control}\p{Zl}\p{Zp}]/gu

/**
 * A text for people, in one line: what a terminal would obey is left out.
 *
 * @category conversions
 */
export const line = (text: string): string => text.replace(obeyed, "")

/**
 * A value as JSON, in one line. JSON itself escapes the control characters below U+0020 alone; here the others are escaped, too, so
 * that it is harmless on a terminal and still the same value (RFC 8259 §7).
 *
 * @category conversions
 */
export const json = (value: unknown): string =>
  JSON.stringify(value).replace(obeyed, (one) => `\\u${one.charCodeAt(0).toString(16).padStart(4, "0")}`)
