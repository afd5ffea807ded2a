/**
 * What a person sees when their app's server is gone, stands still, comes back, or does not know them any more: behind Vite's proxy.
 *
 * @module-tag matrix
 */
import type { Page } from "playwright-core"
import { afterAll, beforeAll, beforeEach, expect, it } from "vitest"
import * as Chromium from "../src/Chromium.ts"
import * as Outage from "../src/Outage.ts"
import * as Stage from "../src/Stage.ts"

const words = (page: Page) => page.locator("h1").textContent()
const person = { username: "111@abc-company", password: "1234" }

Chromium.describe("a server behind Vite's proxy, seen in Chromium", () => {
  let outage: Outage.Outage
  let page: Page
  beforeAll(async () => {
    outage = await Outage.open()
  }, 60_000)
  afterAll(() => outage?.close(), 30_000)
  beforeEach(async () => {
    page = await outage.visit()
    await Stage.shows(page, "unauthenticated.idle")
    await Stage.fillIn(page, person)
    await Stage.shows(page, "authenticated")
    return () => page.context().close()
  })
  const signOut = async () => {
    await Stage.press(page, "Sign out")
    await Stage.shows(page, "unauthenticated.idle")
    expect(await page.locator(".refusal").count(), "whoever asked for it is not refused").toBe(0)
  }

  it("killed: the page says so, though the proxy is there; started again: it shows what is the case now", async () => {
    await outage.signal("SIGKILL")
    await Outage.connection(page, "unreachable")
    expect(await words(page)).toBe("Your server cannot be reached.")
    await outage.start()
    await Outage.connection(page, null)
    // The server has forgotten everything, and the page must not claim otherwise.
    await Stage.shows(page, "unauthenticated.idle")
    expect(await words(page)).toBe("Signed out.")
  })

  it("frozen: the page says so, though every connection stands; thawed: it goes on", async () => {
    await outage.signal("SIGSTOP")
    await Outage.connection(page, "unreachable")
    expect(await words(page)).toBe("Your server cannot be reached.")
    await outage.signal("SIGCONT")
    await Outage.connection(page, null)
    await Stage.shows(page, "authenticated")
    expect(await words(page)).toBe("Signed in.")
    await signOut()
  })

  it("restarted at once: the page is back by itself", async () => {
    await outage.signal("SIGKILL")
    await outage.start()
    await Stage.shows(page, "unauthenticated.idle")
    await Outage.connection(page, null)
  })

  it("the visit has ended: the page says that, and offers nothing", async () => {
    const other = await page.context().newPage()
    await other.goto(`${outage.origin}/leave`)
    await Outage.connection(page, "visit_ended")
    expect(await words(page)).toBe("Your visit has ended: sign in to the app.")
    expect(await page.locator(".card :is(button, input)").count()).toBe(0)
    // The page without a visit says so from the start.
    await page.reload()
    await Outage.connection(page, "visit_ended")
    await page.click("a")
    await Outage.connection(page, null)
    await signOut()
  })
})
