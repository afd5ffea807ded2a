/** Parts of a page that a program writes, between two comments that name them. */

/** A Markdown table. */
export const table = (head: ReadonlyArray<string>, rows: ReadonlyArray<ReadonlyArray<string>>): string =>
  [head, head.map(() => "---"), ...rows].map((row) => `| ${row.join(" | ")} |`).join("\n")

/** A page with a part between its marks, `<!-- name -->` and `<!-- /name -->`, written anew. */
export const put = (page: string, name: string, part: string): string => {
  const [start, end] = [`<!-- ${name} -->`, `<!-- /${name} -->`]
  const [before, rest, ...again] = page.split(start)
  const after = rest?.split(end)[1]
  if (after === undefined || again.length > 0) throw new Error(`A page needs one part between ${start} and ${end}`)
  return `${before}${start}\n\n${part}\n\n${end}${after}`
}
