/**
 * The one switch of the site: Effect or promises. A page shows the same thing twice, in two blocks that follow each other. Each has
 * a line above it that names it, so the page reads well in the repository, too:
 *
 *     **With Effect**                          or: ```ts title="Effect"
 *     (comment with the file, and the code)
 *     **With promises**                        or: ```ts title="Promises"
 *     (comment with the file, and the code)
 */
import type { Block, Code } from "./Block.ts"

export type Face = "effect" | "promises"

export const faces: Readonly<Record<Face, string>> = { effect: "Effect", promises: "Promises" }

export interface Choice {
  readonly kind: "choice"
  readonly ways: ReadonlyArray<{ readonly face: Face; readonly block: Code }>
}

const label = /^\*\*(?:With |In )?(Effect|promises):?\*\*:?\s*$(?![\s\S])/im
const title = /title="(Effect|Promises)"/i

const faceNamed = (name: string | undefined): Face | undefined => {
  const lower = name?.toLowerCase()
  return lower === "effect" || lower === "promises" ? lower : undefined
}

const faceOf = (before: string, block: Code): Face | undefined =>
  faceNamed(title.exec(block.info)?.[1] ?? label.exec(before.trimEnd())?.[1])

/** The blocks of a page, with each pair of ways as one. */
export const choicesOf = (blocks: ReadonlyArray<Block>): ReadonlyArray<Block | Choice> => {
  const found: Array<Block | Choice> = []
  for (const block of blocks) {
    const before = found.at(-1)
    const face = block.kind === "code" && before?.kind === "prose" ? faceOf(before.text, block) : undefined
    if (block.kind !== "code" || before?.kind !== "prose" || face === undefined) {
      found.push(block)
      continue
    }
    const words = before.text.trimEnd().replace(label, "")
    const named: Code = { ...block, text: block.text.replace(/ ?title="(Effect|Promises)"/i, "") }
    const earlier = found.at(-2)
    if (words.trim() === "" && earlier?.kind === "choice" && earlier.ways.every((way) => way.face !== face)) {
      found.splice(-2, 2, { ...earlier, ways: [...earlier.ways, { face, block: named }] })
    } else {
      found.splice(-1, 1, { kind: "prose", text: words }, { kind: "choice", ways: [{ face, block: named }] })
    }
  }
  // A way alone is no choice. It keeps its name.
  return found.flatMap((each): ReadonlyArray<Block | Choice> => {
    const [way, another] = each.kind === "choice" ? each.ways : []
    if (way === undefined || another !== undefined) return [each]
    return [{ kind: "prose", text: `**With ${faces[way.face]}**\n\n` }, way.block]
  })
}
