/** A session that lives on a server, with a screen in a real browser. */
import type { Page } from "playwright-core"
import { beforeAll, describe, expect, it } from "vitest"
import * as Canary from "../src/Canary.ts"
import * as Stage from "../src/Stage.ts"
import { walk } from "../src/Walk.ts"
import * as WebServer from "../src/WebServer.ts"

export const suite = (opened: () => Stage.Stage) =>
  describe("a session on a server, seen in Chromium", () => {
    let stage: Stage.Stage
    beforeAll(() => {
      stage = opened()
    })

    it("walks like one in the tab, and no secret is anywhere in the page, nor any token", async () => {
      let wire: ReturnType<typeof Canary.listen> | undefined
      let events: Array<string> = []
      const places: Array<Canary.Places> = []
      const begin = async (page: Page) => {
        wire = Canary.listen(page)
        events = await Canary.listenToStreams(await page.context().newCDPSession(page))
      }
      const lookAround = async (page: Page) => {
        places.push(await Canary.look(page, await page.context().newCDPSession(page)))
      }
      const page = await walk(stage, "/", { begin, during: lookAround })
      expect(await page.title()).toBe("A session on a server")
      await lookAround(page)

      const { marked, tokens } = { ...stage, marked: Stage.marked }
      // The challenge, the token, the renewed one, the subject's.
      expect(tokens.size).toBeGreaterThanOrEqual(4)
      const neverSent = [...tokens, marked.client]
      const all = [...neverSent, marked.password, marked.passcode]
      for (const place of places) {
        expect(Canary.found(place.memory, all), "in memory").toEqual([])
        expect(place.memory.length, "there was a memory to search").toBeGreaterThan(1_000_000)
        expect(place.memory, "it is the right one").toContain("masqueraded")
        expect(Canary.found(place.storage, all), "in storage").toEqual([])
        expect(Canary.found(place.document, all), "in the document").toEqual([])
      }
      expect(events.length).toBeGreaterThan(8)
      expect(Canary.found(events.join("\n"), all), "in the stream").toEqual([])
      const received = (await Promise.all(wire?.received ?? [])).join("\n")
      expect(received).toContain("/session/credentials")
      expect(Canary.found(received, all), "in an answer").toEqual([])
      for (const { text, url } of wire?.sent ?? []) {
        // A person's own secrets go to their own routes, and nowhere else.
        const route = new URL(url).pathname
        const mayHold =
          { "/session/credentials": [marked.password], "/session/passcode": [marked.passcode] }[route] ?? []
        expect(Canary.found(url, all)).toEqual([])
        expect(
          Canary.found(text, all).filter((secret) => !mayHold.includes(secret)),
          url,
        ).toEqual([])
      }
      await page.context().close()
    })

    it("the search finds a token where there is one: in the memory of a tab that has the session itself", {
      tags: ["matrix"],
    }, async () => {
      const places: Array<Canary.Places> = []
      const page = await walk(stage, "/react/index.html", {
        during: async (page) => {
          places.push(await Canary.look(page, await page.context().newCDPSession(page)))
        },
      })
      const [place] = places
      expect(Canary.found(place?.memory ?? "", stage.tokens)).not.toEqual([])
      expect(Canary.found(place?.storage ?? "", stage.tokens)).toEqual([])
      await page.context().close()
    })

    it("is rendered on the server as the browser shows it first", { tags: ["matrix"] }, async () => {
      const { page, wrongs } = await Stage.visit(stage, "/")
      await Stage.fillIn(page, Stage.person)
      await Stage.shows(page, "mfa_required.awaiting_passcode")
      await Stage.fillIn(page, { passcode: Stage.marked.passcode })
      await Stage.shows(page, "authenticated")
      // A visit that comes again, or in a second window, gets its session in its current state.
      await page.clock.pauseAt(Date.now() + 3_600_000)
      const response = await page.reload()
      const html = (await response?.text()) ?? ""
      const [, rendered = ""] = /<main id="card">(.*?)<\/main>/s.exec(html) ?? []
      expect(rendered).toContain('data-path="authenticated"')
      await Stage.alive(page)
      const [shown, asRendered] = await page.evaluate((card) => {
        const template = document.createElement("template")
        template.innerHTML = card
        return [document.querySelector("#card")?.innerHTML ?? "", template.innerHTML]
      }, rendered)
      const still = (card: string) => card.replace(/\d+:\d\d/, "time").replaceAll(/<!--.*?-->/g, "")
      expect(still(shown)).toBe(still(asRendered))
      // React compares both, word by word, and complains of a difference.
      expect(wrongs).toEqual([])
      await page.context().close()
    })

    it("goes on where it was when the stream breaks", async () => {
      const { page, wrongs } = await Stage.visit(stage, "/")
      await Stage.fillIn(page, Stage.person)
      await Stage.shows(page, "mfa_required.awaiting_passcode")
      const streams = () => stage.asked.filter(({ path }) => path === "/session")
      const before = streams().length
      stage.cut("/session")
      // It does not wait for the new stream: events in between are not lost.
      await Stage.fillIn(page, { passcode: Stage.marked.passcode })
      await Stage.shows(page, "authenticated")
      expect(streams().length, "one stream more").toBe(before + 1)
      expect(streams().at(-1)?.headers.get("last-event-id"), "after the last that was seen").toMatch(/^[\w-]+\.\d+$/)
      expect(wrongs.filter((wrong) => !/ERR_INCOMPLETE_CHUNKED_ENCODING|ERR_CONNECTION|ERR_EMPTY/.test(wrong))).toEqual(
        [],
      )
      await page.context().close()
    })

    it("lets no page from elsewhere in, though the browser sends the cookie along", { tags: ["matrix"] }, async () => {
      const { page } = await Stage.visit(stage, "/")
      await Stage.fillIn(page, Stage.person)
      await Stage.shows(page, "mfa_required.awaiting_passcode")
      // Another port is another origin, but the same site: `SameSite` does not help here.
      const elsewhere = await WebServer.serve(
        () => () => undefined,
        () => (_, outgoing) => outgoing.end("<!doctype html>"),
      )
      const other = await page.context().newPage()
      await other.goto(elsewhere.origin)
      const before = stage.asked.length
      const answers = await other.evaluate(async (target) => {
        const plain: RequestInit = {
          method: "POST",
          mode: "no-cors",
          credentials: "include",
          body: '{"type":"SignOut"}',
        }
        const marked: RequestInit = {
          ...plain,
          mode: "cors",
          headers: { "x-pbx-auth": "1", "content-type": "application/json" },
        }
        const outcome = (init: RequestInit) =>
          fetch(`${target}/session/event`, init).then(
            ({ type }) => type,
            () => "blocked",
          )
        const stream = await new Promise<string>((resolve) => {
          const source = new EventSource(`${target}/session`, { withCredentials: true })
          source.onmessage = () => resolve("read")
          source.onerror = () => resolve("blocked")
        })
        return [await outcome(plain), await outcome(marked), stream]
      }, stage.origin)
      // A form's kind of request goes out, and its answer cannot be read; a marked one does not even go out.
      expect(answers).toEqual(["opaque", "blocked", "blocked"])
      const cameIn = stage.asked.slice(before).map(({ headers }) => [headers.get("cookie"), headers.get("origin")])
      expect(cameIn).toContainEqual([expect.stringMatching(/^visit=/), elsewhere.origin])
      await page.reload()
      await Stage.shows(page, "mfa_required.awaiting_passcode")
      await page.context().close()
      await elsewhere.close()
    })
  })
