/** Looks for secrets in everything that a page has: its memory, its storage, its document, and all its traffic. */
import type { CDPSession, Page } from "playwright-core"

/** Every object and every text of the page, reachable from `window` or not, after a garbage collection. */
const memoryOf = async (session: CDPSession): Promise<string> => {
  const chunks: Array<string> = []
  session.on("HeapProfiler.addHeapSnapshotChunk", ({ chunk }) => chunks.push(chunk))
  await session.send("HeapProfiler.collectGarbage")
  await session.send("HeapProfiler.collectGarbage")
  await session.send("HeapProfiler.takeHeapSnapshot", { reportProgress: false })
  return chunks.join("")
}

const storageOf = (page: Page): Promise<string> =>
  page.evaluate(async () =>
    JSON.stringify([
      { ...localStorage },
      { ...sessionStorage },
      document.cookie,
      await indexedDB.databases(),
      "caches" in globalThis ? await caches.keys() : [],
      history.state,
      location.href,
      window.name,
      performance.getEntries().map(({ name }) => name),
    ]),
  )

const documentOf = (page: Page): Promise<string> =>
  page.evaluate(
    () =>
      document.documentElement.outerHTML + [...document.querySelectorAll("input")].map(({ value }) => value).join("\n"),
  )

/** All traffic of the page from now on, in order. */
export const listen = (page: Page) => {
  const sent: Array<{ readonly url: string; readonly text: string }> = []
  const received: Array<Promise<string>> = []
  page.on("request", (request) => {
    sent.push({ url: request.url(), text: `${JSON.stringify(request.headers())}\n${request.postData() ?? ""}` })
  })
  page.on("response", (response) => {
    const isStream = response.headers()["content-type"] === "text/event-stream"
    const text = async () => `${response.url()}\n${JSON.stringify(await response.allHeaders())}\n`
    received.push(text().then(async (head) => head + (isStream ? "" : await response.text().catch(() => ""))))
  })
  return { sent, received }
}

/** The events of the page's streams: a response that does not end has no text to ask for. */
export const listenToStreams = async (session: CDPSession): Promise<Array<string>> => {
  const events: Array<string> = []
  session.on("Network.eventSourceMessageReceived", ({ data, eventId, eventName }) =>
    events.push(`${eventId} ${eventName} ${data}`),
  )
  await session.send("Network.enable")
  return events
}

export type Places = Readonly<Record<"memory" | "storage" | "document", string>>

export const look = async (page: Page, session: CDPSession): Promise<Places> => ({
  memory: await memoryOf(session),
  storage: await storageOf(page),
  document: await documentOf(page),
})

/** Which of the secrets are in a text, as they are or as a URL, a form or base64 would write them. */
export const found = (text: string, secrets: Iterable<string>): ReadonlyArray<string> =>
  [...secrets].filter((secret) =>
    [secret, encodeURIComponent(secret), btoa(secret).replace(/=+$/, "")].some((form) => text.includes(form)),
  )
