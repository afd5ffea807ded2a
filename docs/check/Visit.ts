/** Pages that are looked at in a real browser, in four dresses: wide and narrow, light and dark. */
import { existsSync } from "node:fs"
import { join } from "node:path"
import type { Page } from "playwright-core"
import type { Site } from "./Finding.ts"

/** One page of each kind. */
const wanted = [
  "",
  "first-token/",
  "embedding/",
  "providers/",
  "providers/skyswitch/",
  "errors/",
  "errors/passcode-required/",
  "test-values/",
  "lifecycle/",
  "reliability/",
  "keeping-tokens/",
  "examples/second-factor/",
  "reference/session/skyswitch/",
  "decisions/0031-an-owner-of-renewals/",
  "source/packages/session/src/engine/claim.ts/",
]

export const pagesOf = ({ dist }: Site): ReadonlyArray<string> =>
  wanted.filter((path) => existsSync(join(dist, path, "index.html")))

export interface Dress {
  readonly name: string
  readonly width: number
  readonly height: number
  readonly scheme: "light" | "dark"
}

export const dresses: ReadonlyArray<Dress> = (["light", "dark"] as const).flatMap((scheme) => [
  { name: `wide ${scheme}`, width: 1360, height: 900, scheme },
  { name: `narrow ${scheme}`, width: 390, height: 844, scheme },
])

export interface Visit {
  readonly page: Page
  readonly path: string
  readonly dress: Dress
  /** Errors on the console, and those that no one caught. */
  readonly errors: ReadonlyArray<string>
  /** Requests to anything but the site. */
  readonly abroad: ReadonlyArray<string>
}

/** Opens each page in each dress, and hands it over when it is quiet. */
export async function* visits(site: Site, chosen: ReadonlyArray<Dress> = dresses, script = ""): AsyncGenerator<Visit> {
  for (const dress of chosen) {
    const context = await site.browser.newContext({
      viewport: { width: dress.width, height: dress.height },
      colorScheme: dress.scheme,
    })
    if (script !== "") await context.addInitScript(script)
    try {
      for (const path of pagesOf(site)) {
        const page = await context.newPage()
        const errors: Array<string> = []
        const abroad: Array<string> = []
        page.on("console", (message) => message.type() === "error" && errors.push(message.text()))
        page.on("pageerror", (error) => errors.push(String(error)))
        page.on("request", (request) => {
          if (!request.url().startsWith(`${site.address}/`) && !/^(data|blob):/.test(request.url()))
            abroad.push(request.url())
        })
        await page.goto(`${site.address}/${path}`, { waitUntil: "networkidle" })
        yield { page, path: `/${path}`, dress, errors, abroad }
        await page.close()
      }
    } finally {
      await context.close()
    }
  }
}
