/** A session in the tab, in a real browser: React and Vue walk it, and StrictMode and hot reloads do not disturb it. */
import { beforeAll, describe, expect, it } from "vitest"
import * as Stage from "../src/Stage.ts"
import { walk } from "../src/Walk.ts"

export const suite = (opened: () => Stage.Stage) =>
  describe("a session in a tab of Chromium", () => {
    let stage: Stage.Stage
    beforeAll(() => {
      stage = opened()
    })

    const walked = async (name: string) => {
      const page = await walk(stage, `/${name.toLowerCase()}/index.html`)
      expect(await page.title()).toBe(`A session in ${name}`)
      await page.context().close()
    }

    it("React: a second factor, a renewal, acting for somebody, signing out", () => walked("React"))

    it("Vue: a second factor, a renewal, acting for somebody, signing out", { tags: ["matrix"] }, () => walked("Vue"))
  })

/** It edits the pages that it sees, so nothing else may come after it. */
export const edits = (opened: () => Stage.Stage) =>
  describe("a session in a tab of Chromium", () => {
    let stage: Stage.Stage
    beforeAll(() => {
      stage = opened()
    })

    it("signs in once in StrictMode, and stays signed in when components, and the session's own file, are replaced", {
      tags: ["matrix"],
    }, async () => {
      const before = (await stage.grants()).length
      const grants = async () => (await stage.grants()).slice(before)
      const { page, wrongs } = await Stage.visit(stage, "/strict/index.html")
      // The component asks to sign in whenever it is mounted, and StrictMode mounts it twice.
      await Stage.shows(page, "authenticated")
      expect(await page.evaluate(() => document.body.dataset.mounted)).toBe("2")
      expect(await grants()).toEqual(["password"])

      const mark = await page.evaluate(() => (document.body.dataset.page = crypto.randomUUID()))
      const edit = async (file: string, change: (code: string) => string) => {
        const heard = page.waitForEvent("console", (message) => message.text().includes(`hot updated: /${file}`))
        await stage.edit(file, change)
        await heard
      }
      await edit("react/SessionCard.tsx", (code) => code.replace('className="card"', 'className="card edited"'))
      await page.waitForSelector(".card.edited")
      await Stage.shows(page, "authenticated")
      await edit("strict/session.ts", (code) => `${code}\nexport const edited = true`)
      // One hook more: React mounts it anew, twice again.
      await edit("strict/SignedIn.tsx", (code) => code.replace("useEffect(", "useEffect(() => {}, [])\n  useEffect("))
      await page.waitForFunction(() => document.body.dataset.mounted === "4")
      await Stage.shows(page, "authenticated")
      expect(await page.evaluate(() => document.body.dataset.page), "no reload").toBe(mark)
      expect(await grants(), "and nobody signed in again").toEqual(["password"])
      expect(wrongs).toEqual([])
    })
  })
