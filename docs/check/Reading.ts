/** What a reader does: searches, switches between Effect and promises, copies a page, moves by keyboard. */
import type { Finding, Site } from "./Finding.ts"

export const name = "reading"

export async function* findings({ address, browser }: Site): AsyncGenerator<Finding> {
  const context = await browser.newContext({ viewport: { width: 1360, height: 900 } })
  await context.grantPermissions(["clipboard-read", "clipboard-write"], { origin: address })
  const page = await context.newPage()
  try {
    await page.goto(`${address}/first-token/`)

    const promises = page.getByRole("button", { name: "Promises" }).first()
    await promises.click()
    await page.goto(`${address}/keeping-tokens/`)
    const face = await page.evaluate(() => document.documentElement.dataset.face)
    const pressed = await page.getByRole("button", { name: "Promises", pressed: true }).count()
    yield { holds: face === "promises" && pressed > 0, says: "the switch is remembered on the next page" }

    await page.getByRole("button", { name: "Copy as Markdown" }).click()
    await page.getByRole("button", { name: "Copied" }).waitFor()
    const copied = await page.evaluate(() => navigator.clipboard.readText())
    yield { holds: copied.startsWith("# "), says: `a page is copied as Markdown: ${copied.length} characters` }

    await page.keyboard.press("Control+k")
    await page.getByRole("textbox", { name: "Search" }).fill("passcode")
    const result = page.locator(".pagefind-ui__result-link").first()
    await result.waitFor()
    const title = (await result.textContent()) ?? ""
    yield { holds: /passcode|second factor/i.test(title), says: `a search for passcode finds ${title}` }

    await page.goto(`${address}/reliability/`)
    const wide = page.locator(".sl-markdown-content table[tabindex='0']").first()
    await wide.focus()
    await page.keyboard.press("ArrowRight")
    await page.waitForTimeout(200)
    const moved = await wide.evaluate((table) => table.scrollLeft)
    yield { holds: moved > 0, says: "a wide table scrolls by keyboard" }

    await page.goto(`${address}/first-token/`)
    await page.keyboard.press("Tab")
    const first = await page.evaluate(() => document.activeElement?.textContent?.trim())
    yield { holds: first === "Skip to content", says: `the first key leads to: ${first}` }

    const missing = await page.goto(`${address}/no-such-page/`)
    const found = await page.getByRole("heading", { name: "There is no such page" }).count()
    yield { holds: missing?.status() === 404 && found === 1, says: "an address without a page is a 404 that says so" }
  } finally {
    await context.close()
  }
}
