/**
 * Tells a mistake in an app's code from a broken connection, and names it by its class. Its text is never repeated: it may hold
 * anything.
 */

/** JavaScript throws these only for mistakes. A `TypeError` is not among them: `fetch` throws it when a connection fails. */
const mistakes = /^(Eval|Range|Reference|Syntax|URI)Error$/

/** What the engines say in a `TypeError` about a mistake. */
const engineWords =
  /\bis not (an?|iterable|defined)\b|\b(cannot|can't) (read|set|destructure|convert|assign|access)\b|\bis (undefined|null)$|illegal invocation|failed to (parse|execute)|invalid (url|header|assignment)|assignment to constant|circular structure|body (is unusable|has already|stream already)/i

/** What runtimes and libraries say about a connection, in an error that has no code. */
const lineWords = /network|connect|socket|time(d )?-?out|abort|cancel|offline|internet|internal error/i

/** The classes of a value, from its own upwards. Unusual names for an error are left out. */
const classesOf = (error: object): ReadonlyArray<string> => {
  const names: Array<string> = []
  for (let one = Object.getPrototypeOf(error); one !== null && names.length < 5; one = Object.getPrototypeOf(one)) {
    const { name } = one.constructor ?? {}
    if (typeof name === "string" && /^[A-Z]?[A-Za-z]{0,40}(Error|Exception)$/.test(name)) names.push(name)
  }
  return names
}

/** The class of a thrown value, for an error of this library. It never throws, whatever the value is. */
export const classOf = (thrown: unknown): string => {
  try {
    if (typeof thrown === "object" && thrown !== null && classesOf(thrown)[0]) return classesOf(thrown)[0] as string
  } catch {
    // A value with a prototype that throws has no class to name.
  }
  return `a value of type ${typeof thrown}`
}

/** The class of what was thrown, if it is a mistake in code; `undefined` if it is about a connection. */
export const mistakeOf = (thrown: unknown): string | undefined => {
  if (typeof thrown !== "object" || thrown === null) return classOf(thrown)
  const { cause, code, errors, message, name, remote, syscall } = thrown as Readonly<Record<string, unknown>>
  const classes = classesOf(thrown)
  if (classes.some((one) => mistakes.test(one))) return classOf(thrown)
  const words = typeof message === "string" ? message : ""
  if (classes.includes("TypeError")) return engineWords.test(words) ? classOf(thrown) : undefined
  // workerd marks what came from its network by `remote`.
  const isOfALine =
    [cause, code, errors, syscall, remote].some((said) => said !== undefined) ||
    /^(Abort|Timeout|Network)Error$/.test(String(name)) ||
    lineWords.test(words)
  return isOfALine ? undefined : classOf(thrown)
}
