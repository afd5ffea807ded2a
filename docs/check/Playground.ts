/**
 * The playground, as a reader uses it in a real Chromium. `node docs/check/Playground.ts [URL]` runs it alone: on the page at the
 * URL, or on one that holds nothing else.
 */
import type { Browser, Page } from "playwright-core"
import { jumpIds } from "../playground/Action.ts"
import { type FaultId, faultIds } from "../playground/Fault.ts"
import { landstar, providerIds, providers, skySwitch } from "../playground/Provider.ts"
import { tourIds, tours } from "../playground/Tour.ts"
import { launch } from "./Chromium.ts"
import { atMost, type Finding, none, type Site } from "./Finding.ts"
import { type Heard, listen, watchShift } from "./Tab.ts"

export const name = "playground"

/** Cumulative layout shift, without unit, from the first paint to the end of a walk. */
const mostShift = 0.02
/** From the navigation to the first chart, ms. */
const firstChart = 1_000
const patience = { timeout: 20_000 }

const watch = `
  ${watchShift}
  new MutationObserver((_, self) => {
    if (document.querySelector(".pg-chart .pg-box") === null) return
    self.disconnect()
    requestAnimationFrame(() => { window.charted = performance.now() })
  }).observe(document, { childList: true, subtree: true })
`

declare const window: { readonly shifted: number; readonly charted: number }

interface Visitor extends Heard {
  readonly page: Page
  readonly close: () => Promise<void>
}

const visitor = async (browser: Browser, address: string, size = { width: 1360, height: 900 }): Promise<Visitor> => {
  const context = await browser.newContext({ viewport: size })
  await context.addInitScript(watch)
  const page = await context.newPage()
  return { page, ...listen(page, address), close: () => context.close() }
}

const open = async (page: Page, address: string, query = "") => {
  await page.goto(`${address}/${query}`)
  await page.waitForSelector('.pg-now[data-phase="ready"]', patience)
}

const at = (page: Page, path: string) => page.waitForSelector(`.pg-now[data-path^="${path}"]`, patience)
const press = (page: Page, action: string) => page.click(`[data-do="${action}"]`, patience)
const pathOf = (page: Page) => page.locator(".pg-now").getAttribute("data-path")
const focused = (page: Page) =>
  page.evaluate(
    () => document.activeElement?.getAttribute("name") ?? document.activeElement?.getAttribute("data-do") ?? "",
  )

/** A thing that a reader does: it holds when it ends. */
const tried = async (says: string, doing: () => Promise<unknown>): Promise<Finding> => {
  try {
    const found = await doing()
    return { holds: found !== false, says }
  } catch (error) {
    return { holds: false, says: `${says}: ${String(error).split("\n")[0]}` }
  }
}

/** Where the parts of the page stand, from its top. */
const placesOf = (page: Page) =>
  page.evaluate(() =>
    [...document.querySelectorAll(".pg-card, .pg-chosen, .pg-life, .pg-app, .pg-result")].map((part) => {
      const { height, left, top, width } = part.getBoundingClientRect()
      return [left + scrollX, top + scrollY, width, height].map(Math.round).join(" ")
    }),
  )

const same = (one: ReadonlyArray<string>, another: ReadonlyArray<string>) => one.join() === another.join()

const sixStates = async (page: Page) => {
  await press(page, "sign-in")
  await at(page, "mfa_required.awaiting_passcode")
  await press(page, "fill")
  await press(page, "passcode")
  await at(page, "authenticated")
  await press(page, "fault.unavailable")
  await press(page, "due")
  await at(page, "expiring")
  await press(page, "end")
  await at(page, "refreshed")
  await press(page, "act-as")
  await at(page, "masqueraded.live")
  await press(page, "stop-acting")
  await at(page, "refreshed")
  await press(page, "sign-out")
  await at(page, "unauthenticated.idle")
}

/** Where a fault leads when it hits the first request of an unattended account. */
const led: Readonly<Record<FaultId, string>> = {
  "drop-reply": "OutcomeUnknown",
  "bad-gateway": "Unavailable",
  unavailable: "Throttled",
  hang: "OutcomeUnknown",
  html: "Unreadable",
  firewall: "Throttled",
  "early-death": "200",
  "wrong-clock": "200",
}

/** Types and presses keys alone, from the top of the page. */
const byKeyboard = async (page: Page) => {
  const reach = async (action: string) => {
    for (let key = 0; key < 120; key++) {
      if ((await focused(page)) === action) return
      await page.keyboard.press("Tab")
    }
    throw new Error(`no key leads to ${action}`)
  }
  await reach("sign-in")
  await page.keyboard.press("Enter")
  await at(page, "mfa_required.awaiting_passcode")
  await page.waitForFunction(() => document.activeElement?.getAttribute("name") === "passcode", null, patience)
  await page.keyboard.type("246802")
  await page.keyboard.press("Enter")
  await at(page, "authenticated")
  await page.waitForFunction(() => document.activeElement?.closest(".pg-now") !== null, null, patience)
  await reach("act-as")
  await page.keyboard.press("Enter")
  await at(page, "masqueraded.live")
  await reach("fault.hang")
  await page.keyboard.press("Space")
  await page.waitForSelector('[data-do="fault.hang"][aria-pressed="true"]', patience)
  await page.focus(".pg-providers input:checked")
  await page.keyboard.press("ArrowRight")
  await page.waitForFunction((next) => location.search === "" || location.search.includes(next), landstar, patience)
  await page.waitForSelector('.pg-now[data-phase="ready"][data-path="unauthenticated.idle"]', patience)
}

export async function* findings({ address, browser }: Site): AsyncGenerator<Finding> {
  const first = await visitor(browser, address)
  const narrow = await visitor(browser, address, { width: 390, height: 844 })
  const { page } = first
  try {
    const charted: Array<number> = []
    // The machine may be busy with other things, so the quickest of three counts.
    for (let visit = 0; visit < 3; visit++) {
      await open(page, address)
      charted.push(await page.evaluate(() => window.charted))
    }
    yield atMost("first chart", Math.min(...charted), firstChart, "ms")
    yield await tried("SkySwitch walks through all six states by clicks", () => sixStates(page))
    for (const provider of providerIds) {
      yield await tried(`${providers[provider].name} signs in, calls its API, and time jumps`, async () => {
        await open(
          page,
          address,
          `?provider=${provider}&mode=unattended${provider === skySwitch ? "&account=111" : ""}`,
        )
        await press(page, "call")
        await page.waitForSelector('.pg-result:not(.pg-bad) strong:text("Call the API")', patience)
        for (const jump of jumpIds) {
          const before = await page.textContent(".pg-clock time")
          await press(page, jump)
          await page.waitForFunction(
            (before) => document.querySelector(".pg-clock time")?.textContent !== before,
            before,
            patience,
          )
        }
        await press(page, "token")
        await page.waitForSelector('.pg-result:not(.pg-bad) strong:text("Ask for a token")', patience)
      })
    }
    for (const fault of faultIds) {
      yield await tried(`the fault ${fault} leads to ${led[fault]}`, async () => {
        await open(page, address, "?account=111&mode=unattended")
        await press(page, `fault.${fault}`)
        await page.waitForSelector(`[data-do="fault.${fault}"][aria-pressed="true"]`, patience)
        await press(page, "call")
        if (fault === "hang") await press(page, "minute")
        if (fault !== "early-death" && fault !== "wrong-clock")
          await page.waitForSelector(`[data-do="fault.${fault}"][aria-pressed="false"]`, patience)
        await page.waitForSelector(
          `.pg-result:has-text("${led[fault]}"), .pg-events:has-text("${led[fault]}")`,
          patience,
        )
      })
    }
    for (const tour of tourIds) {
      yield await tried(`the tour ${tour} plays to its end`, async () => {
        await press(page, `tour.${tour}`)
        for (const { caption } of tours[tour].steps) {
          await page.waitForSelector(`.pg-caption:has-text(${JSON.stringify(caption)})`, patience)
          // A reader looks before going on.
          await page.waitForTimeout(400)
          await press(page, "next")
        }
        await page.waitForSelector('.pg-tours [aria-pressed="true"]', { state: "detached", ...patience })
        return (await page.locator(".pg-result.pg-bad").count()) === 0
      })
    }
    yield await tried("a tour stops by Escape", async () => {
      await press(page, "tour.callers")
      await page.waitForSelector('[data-do="stop"]', patience)
      await page.focus('[data-do="stop"]')
      await page.keyboard.press("Escape")
      await page.waitForSelector('.pg-tours [aria-pressed="true"]', { state: "detached", ...patience })
    })
    yield await tried("the keyboard alone suffices, and focus goes to the passcode", async () => {
      await open(page, address)
      await byKeyboard(page)
    })
    yield await tried("the address that is shown leads to the same state", async () => {
      await open(page, address, "?account=1000&do=sign-in")
      await at(page, "authenticated")
      await press(page, "act-as")
      await at(page, "masqueraded.live")
      await page.waitForFunction(() => location.search.includes("act-as"), null, patience)
      await page.reload()
      await at(page, "masqueraded.live")
    })
    yield await tried("a link is copied, and leads to the same state", async () => {
      await page.context().grantPermissions(["clipboard-read", "clipboard-write"], { origin: new URL(address).origin })
      await press(page, "copy-link")
      await page.waitForSelector('[data-do="copy-link"] span:not(.pg-gone):text-is("Copied")', patience)
      await page.goto(await page.evaluate(() => navigator.clipboard.readText()))
      await at(page, "masqueraded.live")
    })
    yield await tried("no word of a secret is on the page", async () => {
      const text = (await page.textContent(".pg")) ?? ""
      return !/mypassword|your-client-secret|"access_token"/.test(text) && (await pathOf(page)) !== null
    })
    yield await tried("a phone shows the drawing that fits it, and walks through all six states", async () => {
      await open(narrow.page, address)
      await sixStates(narrow.page)
      return narrow.page.locator(".pg-chart.pg-narrow").isVisible()
    })
    for (const [width, { page }] of [
      ["wide", first],
      ["narrow", narrow],
    ] as const) {
      await open(page, address)
      const before = await placesOf(page)
      yield await tried(`no part of the page moves during a walk and a tour, ${width}`, async () => {
        await sixStates(page)
        const between = await placesOf(page)
        await press(page, "tour.masquerading")
        for (const _ of tours.masquerading.steps) {
          await page.waitForTimeout(300)
          if (!same(before, await placesOf(page))) return false
          await press(page, "next")
        }
        return same(before, between)
      })
      yield atMost(`layout shift, ${width}`, await page.evaluate(() => window.shifted), mostShift, "")
    }
    yield none("errors on the console", [...first.errors, ...narrow.errors])
    yield none("requests to others", [...first.abroad, ...narrow.abroad])
  } finally {
    await first.close()
    await narrow.close()
  }
}

if (import.meta.main) {
  const given = process.argv[2]
  const own = given === undefined ? await (await import("./PlaygroundPage.ts")).open() : undefined
  const browser = await launch()
  let failed = 0
  try {
    const address = (given ?? own?.address ?? "").replace(/\/$/, "")
    for await (const { holds, says } of findings({ address, dist: "", browser })) {
      console.log(`  ${holds ? "ok    " : "FAILED"} ${says}`)
      if (!holds) failed++
    }
  } finally {
    await browser.close()
    await own?.close()
  }
  process.exitCode = failed === 0 ? 0 : 1
}
