/** Cells in IndexedDB, in a real browser: the suites, several tabs, a tab that crashes, a browser that is killed, storage denied. */
import { mkdtemp, rm } from "node:fs/promises"
import { tmpdir } from "node:os"
import { join } from "node:path"
import type { BrowserContext, Page } from "playwright-core"
import { beforeAll, describe, expect, it } from "vitest"
import type { Page as CellsPage } from "../examples/cells/main.ts"
import * as Chromium from "../src/Chromium.ts"
import type * as Stage from "../src/Stage.ts"

type Names = keyof CellsPage

export const suite = (opened: () => Stage.Stage) =>
  describe("cells in IndexedDB", () => {
    let stage: Stage.Stage
    beforeAll(() => {
      stage = opened()
    })

    /** Ends a tab as a crash does. */
    const crash = async (page: Page) => {
      const isOver = page.waitForEvent("crash")
      const devtools = await page.context().newCDPSession(page)
      void devtools.send("Page.crash").catch(() => undefined)
      await isOver
    }

    /** A tab with the page of the suites. */
    const visit = async (
      context: BrowserContext,
      heard: (counted: number) => void = () => undefined,
    ): Promise<Page> => {
      const page = await context.newPage()
      await page.exposeFunction("outside", async (what: Parameters<Window["outside"]>[0]) => {
        if (what.counted !== undefined) heard(what.counted)
        if (what.quota !== undefined) {
          const devtools = await context.newCDPSession(page)
          const size = what.quota === null ? {} : { quotaSize: what.quota }
          await devtools.send("Storage.overrideQuotaForOrigin", { origin: stage.origin, ...size })
        }
        if (what.killHolder !== undefined) {
          const other = await visit(context)
          await call(other, "announce", what.killHolder)
          await crash(other)
        }
      })
      await page.goto(`${stage.origin}/cells/index.html`)
      await page.waitForFunction(() => "page" in window)
      return page
    }

    const call = <Name extends Names>(page: Page, name: Name, ...args: Parameters<CellsPage[Name]>) =>
      page.evaluate(
        ([called, given]) => {
          const { page: here } = window as unknown as {
            page: Record<string, (...args: ReadonlyArray<unknown>) => unknown>
          }
          return here[called]?.(...given)
        },
        [name, args] as const,
      ) as ReturnType<CellsPage[Name]>

    const inContext = async <A>(body: (context: BrowserContext) => Promise<A>): Promise<A> => {
      const context = await stage.browser.newContext()
      try {
        return await body(context)
      } finally {
        await context.close()
      }
    }

    it(
      "keep the contract: with two instances, spoiled cells, no room, and a tab that was killed",
      {
        tags: ["matrix"],
      },
      () =>
        inContext(async (context) => {
          const page = await visit(context)
          // From the beginning: the browser remembers for a while how much room there is.
          await page.evaluate(() => window.outside({ quota: 4_000_000 }))
          const results = await call(page, "cellsSuite")
          expect(results.filter(([, failure]) => failure !== undefined)).toEqual([])
          expect(results).toHaveLength(13)
        }),
    )

    it("keep tokens, sealed by a key that the browser does not give away", { tags: ["matrix"] }, () =>
      inContext(async (context) => {
        const results = await call(await visit(context), "storeSuite")
        expect(results.filter(([, failure]) => failure !== undefined)).toEqual([])
        expect(results.length).toBeGreaterThan(7)
      }),
    )

    it("lose no update of four tabs, of which one is closed and one crashes in the middle", { tags: ["matrix"] }, () =>
      inContext(async (context) => {
        const TIMES = 60
        let heard = 0
        let isHalf = () => {}
        const half = new Promise<void>((resolve) => {
          isHalf = resolve
        })
        const tabs = await Promise.all(
          Array.from({ length: 4 }, () =>
            visit(context, () => {
              heard += 1
              if (heard === TIMES * 2) isHalf()
            }),
          ),
        )
        const counting = tabs.map((tab) => call(tab, "count", "n", TIMES).catch(() => "ended"))
        await half
        const [first, second, third, fourth] = tabs as [Page, Page, Page, Page]
        await Promise.all([crash(first), second.close()])
        expect(await Promise.all([counting[2], counting[3]])).toEqual([undefined, undefined])
        const counted = await call(third, "counted", "n")
        // Each tab that ended may have written once more than it could tell.
        expect(counted).toBeGreaterThanOrEqual(heard)
        expect(counted).toBeLessThanOrEqual(heard + 2)
        // What the ended tabs held is free.
        await call(fourth, "count", "n", 1)
        expect(await call(third, "counted", "n")).toBe(counted + 1)
      }),
    )

    it("keep what was acknowledged before the browser was killed", { tags: ["matrix"] }, async () => {
      const profile = await mkdtemp(join(tmpdir(), "pbx-auth-profile-"))
      try {
        const before = await Chromium.launchProfile(profile)
        let heard = 0
        await call(await visit(before.context, () => (heard += 1)), "count", "n", 5)
        await before.kill()
        const after = await Chromium.launchProfile(profile)
        const counted = await call(await visit(after.context), "counted", "n")
        await after.context.close()
        expect([heard, counted]).toEqual([5, 5])
      } finally {
        await rm(profile, { recursive: true, force: true })
      }
    })

    it("say that storage is forbidden in a frame that has none", { tags: ["matrix"] }, () =>
      inContext(async (context) => {
        const page = await visit(context)
        // A frame without an origin may load modules only from a server that lets everybody.
        await page.route(`${stage.origin}/**`, async (route) => {
          const response = await route.fetch()
          await route.fulfill({ response, headers: { ...response.headers(), "access-control-allow-origin": "*" } })
        })
        await page.evaluate(() => {
          const frame = document.createElement("iframe")
          frame.setAttribute("sandbox", "allow-scripts")
          frame.src = location.href
          document.body.append(frame)
        })
        await expect.poll(() => page.frames().length).toBe(2)
        const [, frame] = page.frames()
        await frame?.waitForFunction(() => "page" in window)
        expect(
          await frame?.evaluate(() => {
            const { page: here } = window as unknown as { page: CellsPage }
            return Promise.all([here.problem(), here.keyProblem()])
          }),
        ).toEqual(["forbidden", "forbidden"])
      }),
    )

    it("let another tab go on at once when a tab crashes in the middle of signing in", { tags: ["matrix"] }, () =>
      inContext(async (context) => {
        const before = (await stage.grants()).length
        const first = await context.newPage()
        // The request does not get through, so the first tab holds its claim.
        const isUnderWay = new Promise<void>((resolve) => first.route("**/ns-api/**", () => resolve()))
        await first.goto(`${stage.origin}/kept/index.html`)
        await isUnderWay
        const second = await context.newPage()
        await second.clock.install()
        await second.goto(`${stage.origin}/kept/index.html`)
        // The claim ends after 20 s. This tab's time goes on for half of that at most, in small steps.
        await second.clock.pauseAt(Date.now() + 2_000)
        const body = () => second.textContent("body").then((text) => text?.trim() ?? "")
        const goesOn = async (steps: number) => {
          for (let step = 0; step < steps && (await body()) === ""; step++) {
            await second.clock.runFor(40)
            await new Promise((resolve) => setTimeout(resolve, 20))
          }
        }
        await goesOn(10)
        expect(await body(), "while the first tab lives, its claim holds").toBe("")
        await crash(first)
        // The clock is that of all pages, and stumbles over one that has crashed.
        await first.close()
        await goesOn(200)
        expect(await body()).toHaveLength(6)
        expect((await stage.grants()).slice(before)).toEqual(["password"])
      }),
    )

    it("keep a session: a reload, another tab and a crashed tab sign nobody in again, and no storage shows the token", () =>
      inContext(async (context) => {
        const before = (await stage.grants()).length
        const open = async () => {
          const page = await context.newPage()
          await page.goto(`${stage.origin}/kept/index.html`)
          await page.waitForFunction(() => document.body.textContent?.trim() !== "")
          return [page, await page.textContent("body")] as const
        }
        const [first, token] = await open()
        await first.reload()
        await first.waitForFunction(() => document.body.textContent?.trim() !== "")
        expect(await first.textContent("body")).toBe(token)
        await crash(first)
        const [second, theirs] = await open()
        expect(theirs).toBe(token)
        expect((await stage.grants()).slice(before)).toEqual(["password"])
        const stored = await second.evaluate(
          () =>
            new Promise<string>((resolve) => {
              const request = indexedDB.open("pbx-auth")
              request.onsuccess = () => {
                const found = request.result.transaction("cells").objectStore("cells").getAll()
                found.onsuccess = () =>
                  resolve(
                    (found.result as ReadonlyArray<{ bytes: Uint8Array }>)
                      .map(({ bytes }) => Array.from(bytes, (byte) => String.fromCharCode(byte)).join(""))
                      .join("\n"),
                  )
              }
            }),
        )
        expect(stored.split("\n").length).toBeGreaterThan(1)
        for (const one of stage.tokens) expect(stored).not.toContain(one)
        expect(stored).not.toContain("abc-company")
        const key = await second.evaluate(
          () =>
            new Promise((resolve) => {
              const request = indexedDB.open("pbx-auth")
              request.onsuccess = () => {
                const found = request.result.transaction("keys").objectStore("keys").get("current")
                found.onsuccess = () => {
                  const { key: kept } = found.result as { key: CryptoKey }
                  crypto.subtle.exportKey("raw", kept).then(
                    () => resolve("exported"),
                    (error: DOMException) => resolve(error.name),
                  )
                }
              }
            }),
        )
        expect(key).toBe("InvalidAccessError")
      }))
  })
