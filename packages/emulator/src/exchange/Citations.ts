/**
 * Which line of a vendor's page a reply follows, for the vendors that the emulator always plays. The lines are those of the
 * transcriptions in `fixtures`; a test compares them. Each route has its own (`Route.citations`).
 *
 * A refusal has none: the pages print no refusal.
 */
import type { Citation } from "./Journal.ts"

/** Lines by grant, if there is one, and outcome. */
export type Lines = Readonly<Record<string, Citation>>

/** Makes citations of a page, by its folder in `fixtures` and its address. */
export const of =
  (page: string, url: string) =>
  (fixture: string, sentence: string): Citation => ({ page, url, fixture, sentence })
