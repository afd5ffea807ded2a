/** The pages of the API, as `docs/reference/reference.ts` writes them from the docstrings. */
import { execFileSync } from "node:child_process"
import { existsSync, globSync, readFileSync, rmSync } from "node:fs"
import { join } from "node:path"
import type { Content } from "./Content.ts"
import type { Group } from "./Sidebar.ts"
import { root, type SitePage } from "./SitePage.ts"

export interface Reference {
  readonly contents: ReadonlyArray<Content>
  /** Sources that the pages link to. */
  readonly sources: ReadonlyArray<SitePage>
  readonly group?: Group
}

const program = join(root, "docs", "reference", "reference.ts")

/** Has the pages written into a folder, and reads them. There are none while there is no such program. */
export const referenceOf = async (folder: string): Promise<Reference> => {
  if (!existsSync(program)) return { contents: [], sources: [] }
  rmSync(folder, { recursive: true, force: true })
  execFileSync(process.execPath, [program, "--out", folder], { cwd: root, stdio: ["ignore", "inherit", "inherit"] })
  const files = globSync("**/*.md", { cwd: folder }).sort()
  throw new Error(`not read yet: ${files.length} ${readFileSync(join(folder, files[0] ?? ""), "utf8").slice(0, 9)}`)
}
