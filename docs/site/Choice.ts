/**
 * The one switch of the site: Effect or promises. A page shows the same thing in two blocks that follow each other directly, with
 * `title="Effect"` and `title="Promises"` behind the language. The repository's own pages show both.
 */
import type { Block, Code } from "./Block.ts"

export type Face = "effect" | "promises"

export const faces: Readonly<Record<Face, string>> = { effect: "Effect", promises: "Promises" }

export interface Choice {
  readonly kind: "choice"
  readonly ways: ReadonlyArray<{ readonly face: Face; readonly block: Code }>
}

const title = /title="(Effect|Promises)"/i

const faceNamed = (name: string | undefined): Face | undefined => {
  const lower = name?.toLowerCase()
  return lower === "effect" || lower === "promises" ? lower : undefined
}

const faceOf = (block: Block): Face | undefined =>
  block.kind === "code" ? faceNamed(title.exec(block.info)?.[1]) : undefined

/** The blocks of a page, with each pair of ways as one. */
export const choicesOf = (blocks: ReadonlyArray<Block>): ReadonlyArray<Block | Choice> => {
  // Between two blocks that follow each other is prose without a word.
  const worded = blocks.filter((block) => block.kind === "code" || block.text.trim() !== "")
  const found: Array<Block | Choice> = []
  for (let at = 0; at < worded.length; at++) {
    const [block, next] = [worded[at], worded[at + 1]]
    const [one, another] = [block && faceOf(block), next && faceOf(next)]
    if (block?.kind === "code" && next?.kind === "code" && one && another && one !== another) {
      const ways = [
        { face: one, block: unnamed(block) },
        { face: another, block: unnamed(next) },
      ]
      found.push({ kind: "choice", ways })
      at++
    } else if (block !== undefined) found.push(block)
  }
  return found
}

/** The buttons above it say the name. */
const unnamed = (block: Code): Code => ({ ...block, text: block.text.replace(/ ?title="(Effect|Promises)"/i, "") })
