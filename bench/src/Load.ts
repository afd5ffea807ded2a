/** Other work for the machine, so that a run shows the figures under load: one process for each processor, which never rests. */
import { spawn } from "node:child_process"
import { availableParallelism } from "node:os"

/** A short pause after each piece of work lets it see that its owner is gone; then it ends. */
const program = `
  process.stdin.on("end", () => process.exit()).resume()
  const work = () => {
    const until = performance.now() + 50
    while (performance.now() < until) JSON.parse(JSON.stringify(process.versions))
    setImmediate(work)
  }
  work()`

/** Begins. It ends when this process does, in whatever way that ends. */
export const begin = (): void => {
  for (let one = availableParallelism(); one > 0; one--) {
    spawn(process.execPath, ["-e", program], { stdio: ["pipe", "ignore", "inherit"] })
  }
}
