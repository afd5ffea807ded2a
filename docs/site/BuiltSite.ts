/** Builds the site, and knows whether the one that was built is current. */
import { createHash } from "node:crypto"
import { existsSync, globSync, readFileSync, statSync, writeFileSync } from "node:fs"
import { basename, join } from "node:path"
import { generate, generated } from "./Generated.ts"
import { root } from "./SitePage.ts"

export const dist = join(generated, "dist")

/** Which sources the built site is of, as a digest. */
const stamp = join(generated, "built")

const inputs = [
  "*.md",
  "LICENSE",
  "pnpm-lock.yaml",
  "docs/**/*",
  "packages/*/{README.md,package.json}",
  "packages/*/{src,fixtures}/**/*",
  "{browser,release,scripts,servers,test}/**/*.{ts,tsx,mjs,vue,svelte,html,css}",
]

const digest = (): string => {
  const hash = createHash("sha256").update(process.env.BASE ?? "")
  const exclude = (path: string) => /^(node_modules|dist|\..+)$/.test(basename(path))
  for (const path of globSync(inputs, { cwd: root, exclude }).sort()) {
    const file = join(root, path)
    if (statSync(file).isFile()) hash.update(`${path}\0`).update(readFileSync(file))
  }
  return hash.digest("hex")
}

export const isCurrent = (): boolean =>
  existsSync(join(dist, "index.html")) && existsSync(stamp) && readFileSync(stamp, "utf8") === digest()

/** Builds it. */
export const build = async (): Promise<void> => {
  const now = digest()
  process.env.ASTRO_TELEMETRY_DISABLED = "1"
  await generate()
  const astro = await import("astro")
  await astro.build({ root: join(root, "docs", "site"), configFile: "astro.config.ts", logLevel: "warn" })
  writeFileSync(stamp, now)
}
