/** What a check watches in a page of the browser, whatever else it does there. */
import type { Page } from "playwright-core"

/** Adds up the layout shift, without unit, in `window.shifted`. Runs before the page's own scripts. */
export const watchShift = `
  window.shifted = 0
  new PerformanceObserver((list) => {
    for (const entry of list.getEntries()) if (!entry.hadRecentInput) window.shifted += entry.value
  }).observe({ type: "layout-shift", buffered: true })
`

export interface Heard {
  /** Errors on the console, and those that no one caught. */
  readonly errors: Array<string>
  /** Requests to anything but the site. */
  readonly abroad: Array<string>
}

/** Collects what goes wrong in a page of the site at an address. */
export const listen = (page: Page, address: string): Heard => {
  const { origin } = new URL(address)
  const heard: Heard = { errors: [], abroad: [] }
  page.on("console", (message) => message.type() === "error" && heard.errors.push(message.text()))
  page.on("pageerror", (error) => heard.errors.push(String(error)))
  page.on("request", (request) => {
    const url = request.url()
    if (!url.startsWith(`${origin}/`) && !/^(data|blob):/.test(url)) heard.abroad.push(url)
  })
  return heard
}
