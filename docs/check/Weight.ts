/** How much JavaScript a page loads before the browser is idle, gzipped: its files, and what stands in the page. */
import { gzipSync } from "node:zlib"
import { skySwitch } from "../playground/Provider.ts"
import { atMost, type Finding, type Site } from "./Finding.ts"

export const name = "weight of scripts"

/** In kB (1 000 bytes). */
const ceilings = { "": 130, "first-token/": 10, [`providers/${skySwitch}/`]: 10, "embedding/": 10 }

// What waits for idleness never comes.
const busy = "window.requestIdleCallback = () => 0"

const weightOf = async ({ address, browser }: Site, path: string): Promise<number> => {
  const context = await browser.newContext()
  await context.addInitScript(busy)
  const page = await context.newPage()
  const bodies: Array<Promise<Buffer>> = []
  page.on("response", (response) => {
    if (response.request().resourceType() === "script") bodies.push(response.body())
  })
  await page.goto(`${address}/${path}`, { waitUntil: "networkidle" })
  const inline = await page.evaluate(() =>
    [...document.querySelectorAll("script:not([src])")].map(({ textContent }) => textContent).join("\n"),
  )
  const files = await Promise.all(bodies)
  await context.close()
  return [...files, Buffer.from(inline)].reduce((sum, body) => sum + gzipSync(body).length, 0) / 1_000
}

export async function* findings(site: Site): AsyncGenerator<Finding> {
  for (const [path, ceiling] of Object.entries(ceilings)) {
    yield atMost(`/${path} before idle`, await weightOf(site, path), ceiling, "kB")
  }
}
