/**
 * What is safe to print on a terminal. A terminal obeys control characters, those of the second set (C1) as well, and a provider's
 * texts, above all names, come from its users. A character that turns the direction of a text makes it look like another one.
 */

const obeyed = /[\p{Cc}\p{Bidi_Control}\p{Zl}\p{Zp}]/gu

/**
 * A text for people, in one line, without the characters that a terminal would obey.
 *
 * @category conversions
 */
export const line = (text: string): string => text.replace(obeyed, "")

/**
 * A value as JSON, in one line. JSON itself escapes only the control characters below U+0020. Here the others are escaped, too, so
 * that it is harmless on a terminal and still the same value (RFC 8259 §7).
 *
 * @category conversions
 */
export const json = (value: unknown): string =>
  JSON.stringify(value).replace(obeyed, (one) => `\\u${one.charCodeAt(0).toString(16).padStart(4, "0")}`)
