/**
 * Third-party code that a package carries in its own files: a table, a parser, a random generator. Its licence is not in that
 * package's LICENSE, and a bundle without comments would leave it out too.
 * Ours: tools for licences read a package's manifest and its LICENSE, and not its comments.
 *
 * A package says so in a comment. Each such comment in a bundled module must be one of this list, or the build fails: a new version of a package
 * may bring new ones.
 */
import { readFileSync } from "node:fs"
import { join } from "node:path"
import { root } from "./Workspace.ts"

interface Port {
  /** The copyright holder. */
  readonly name: string
  /** What the comment says. */
  readonly says: RegExp
  /** The notice: the comment itself, if it is complete, or a file of `release/notices`. */
  readonly notice: "comment" | `${string}.txt`
}

const ports: ReadonlyArray<Port> = [
  { name: "mime", says: /copied from mime \d/, notice: "comment" },
  { name: "@noble/ciphers", says: /vendored from `@noble\/ciphers`/, notice: "comment" },
  { name: "isaac.js and isaacCSPRNG", says: /github\.com\/rubycon\/isaac\.js/, notice: "comment" },
  {
    name: "@fastify/cookie",
    says: /Adapted from https:\/\/github\.com\/fastify\/fastify-cookie/,
    notice: "fastify-cookie.txt",
  },
  {
    name: "fast-content-type-parse",
    says: /github\.com\/fastify\/fast-content-type-parse/,
    notice: "fast-content-type-parse.txt",
  },
  { name: "Node.js", says: /adapted from the Node\.js source code/, notice: "node.txt" },
  {
    name: "async-limiter",
    says: /Adapted from https:\/\/github\.com\/STRML\/async-limiter/,
    notice: "async-limiter.txt",
  },
  {
    name: "utf8_check.c",
    says: /Ported from https:\/\/www\.cl\.cam\.ac\.uk\/%7Emgk25\/ucs\/utf8_check\.c/,
    notice: "utf8-check.txt",
  },
]

/** A comment that may be about third-party code. */
const suspicious =
  /\bcopyright\b|\blicen[cs]e[ds]?\b|\bderivative work\b|\b(adapted|ported|copied|taken|borrowed|derived|port|fork|copy) (from|of) (https?:|the \S+ source|@?[\w/.-]+ v?\d)/i

const commentsOf = (code: string): ReadonlyArray<string> =>
  [...code.matchAll(/\/\*[\s\S]*?\*\/|(?:^[ \t]*\/\/.*\n?)+/gm)].map(([comment]) =>
    comment
      .replace(/^[ \t]*(\/\*[*/]*|\/\/|\*(?!\/))[ \t]?/gm, "")
      .replace(/\/*\*\/$/, "")
      .trim(),
  )

const oneLine = (comment: string): string => comment.replace(/\s+/g, " ")

/**
 * The notices for what these modules carry, by whose it is. Fails for a comment that speaks of a licence or of an origin and is not in the
 * list.
 */
export const noticesOf = (modules: Iterable<string>): ReadonlyMap<string, string> => {
  const found = new Map<string, string>()
  for (const path of modules) {
    for (const comment of commentsOf(readFileSync(path, "utf8"))) {
      const line = oneLine(comment)
      if (!suspicious.test(line)) continue
      const port = ports.find(({ says }) => says.test(line))
      if (port === undefined) {
        throw new Error(
          `${path} carries code of somebody else that release/src/Ports.ts does not know: ${line.slice(0, 200)}`,
        )
      }
      const { name, notice } = port
      found.set(
        name,
        notice === "comment" ? comment : readFileSync(join(root, "release/notices", notice), "utf8").trim(),
      )
    }
  }
  return found
}
