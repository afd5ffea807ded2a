/** Walks through the chart that many tests begin with. */
import { actAs, attended, challenged, child, due, issued, signIn, type Walk, walk } from "./Walk.ts"

export const code = (at: Walk) => at.context.refusal?.code ?? null

export const signedIn = (input = attended) => walk(input).through(signIn, issued())

export const renewing = (input = attended) => signedIn(input).at(50).through(due())

export const refreshed = (input = attended) => renewing(input).through(issued())

export const awaitingPasscode = (input = attended) => walk(input).through(signIn, challenged(5))

export const acting = (input = attended) => signedIn(input).through(actAs("1001"), issued())

export const childLive = () => walk(child).through(signIn, issued())
