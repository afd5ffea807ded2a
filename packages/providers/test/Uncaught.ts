/** A program that catches no error. */
import { refuse, Unavailable } from "../src/AuthError.ts"

await Promise.reject(
  refuse(new Unavailable({ provider: "skyswitch", unreached: true, host: "127.0.0.1:9", failed: "refused" })),
)
