/** The library as it is, for a process of its own. */
import * as Lab from "../Lab.ts"

export const lab = Lab.make("full")
