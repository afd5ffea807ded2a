/** SkySwitch's whole lifecycle, as a person walks it on a card, and the vendor's journal of it. */
import type { Page } from "playwright-core"
import { expect } from "vitest"
import * as Stage from "./Stage.ts"

const { marked, person } = Stage
const subject = "1001@acmecorp.12345.service"

const refusal = (page: Page) => page.locator(".refusal").getAttribute("data-code")

/**
 * Signs in and walks all the way; returns the page, signed out. `begin` runs before the page comes, `during` when there is most to
 * see.
 */
export const walk = async (
  stage: Stage.Stage,
  path: string,
  look: { readonly begin?: (page: Page) => Promise<void>; readonly during?: (page: Page) => Promise<void> } = {},
): Promise<Page> => {
  const before = (await stage.grants()).length
  const { page, wrongs } = await Stage.visit(stage, path, look.begin)
  await Stage.shows(page, "unauthenticated.idle")

  await Stage.fillIn(page, { ...person, password: "a-guess" })
  await page.waitForSelector('.refusal[data-code="BadCredentials"]')
  await Stage.fillIn(page, person)
  await Stage.shows(page, "mfa_required.awaiting_passcode")
  expect(await page.locator(".left").textContent(), "the time for the passcode runs").toMatch(/^(60:00|59:\d\d) left$/)
  await Stage.fillIn(page, { passcode: "000000" })
  await page.waitForSelector('.refusal[data-code="BadPasscode"]')
  await Stage.shows(page, "mfa_required.awaiting_passcode")
  await Stage.fillIn(page, { passcode: marked.passcode })
  await Stage.shows(page, "authenticated")
  expect(await page.locator(".refusal").count()).toBe(0)

  // An hour's token, and the test does not wait for an hour.
  await stage.advance(57)
  await page.clock.fastForward("57:00")
  await Stage.shows(page, "refreshed")

  await Stage.fillIn(page, { subject: "9999@nowhere.12345.service" })
  await page.waitForSelector(".refusal")
  expect(await refusal(page)).toBe("NotAllowed")
  await Stage.shows(page, "refreshed")
  await Stage.fillIn(page, { subject })
  await Stage.shows(page, "masqueraded.live")
  expect(await page.locator(".subject").textContent()).toBe(subject)
  await look.during?.(page)
  await Stage.press(page, "Stop acting")
  await Stage.shows(page, "refreshed")

  await Stage.press(page, "Sign out")
  await Stage.shows(page, "unauthenticated.idle")
  expect((await stage.grants()).slice(before)).toEqual([
    "password",
    "password",
    "mfa",
    "mfa",
    "refresh_token",
    "masquerade",
    "masquerade",
  ])
  // The browser itself logs a refused request; it may log nothing else.
  expect(wrongs.filter((wrong) => !/Failed to load resource: .*(400|401|403)/.test(wrong))).toEqual([])
  return page
}

/** Signs in on the tutorial's first screen, with a wrong passcode and the right one, and out; returns what the page said by mistake. */
export const firstScreen = async (stage: Stage.Stage, path: string): Promise<ReadonlyArray<string>> => {
  const before = (await stage.grants()).length
  const shows = (page: Page, state: string) => page.waitForSelector(`main[data-path="${state}"]`, { timeout: 15_000 })
  const { page, wrongs } = await Stage.visit(stage, path, undefined, (page) => shows(page, "unauthenticated.idle"))
  await Stage.fillIn(page, person)
  await shows(page, "mfa_required.awaiting_passcode")
  await Stage.fillIn(page, { passcode: "000000" })
  await page
    .getByRole("alert")
    .filter({ hasText: /passcode/i })
    .waitFor()
  await Stage.fillIn(page, { passcode: marked.passcode })
  await shows(page, "authenticated")
  expect(await page.getByRole("heading").textContent()).toBe("Signed in.")
  await Stage.press(page, "Sign out")
  await shows(page, "unauthenticated.idle")
  expect((await stage.grants()).slice(before)).toEqual(["password", "mfa", "mfa"])
  await page.context().close()
  return wrongs.filter((wrong) => !/Failed to load resource: .*(400|401|403)/.test(wrong))
}
