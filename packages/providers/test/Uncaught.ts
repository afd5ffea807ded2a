/** A program that catches no error. */
import { fromReason, Unavailable } from "../src/error/AuthError.ts"

await Promise.reject(
  fromReason(new Unavailable({ provider: "skyswitch", unreachable: true, host: "127.0.0.1:9", failed: "refused" })),
)
