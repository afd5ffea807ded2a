/** Errors of the operating system. It is loaded at each start, so it imports nothing. */

/**
 * The code of a system error, which is a word of a list: `ENOENT`. Anything else could repeat what nobody may see.
 *
 * @category getters
 */
export const codeOf = (error: unknown): string => {
  const code = Object(error).code
  return typeof code === "string" && /^E[A-Z0-9]{1,15}$/.test(code) ? code : "unknown error"
}
