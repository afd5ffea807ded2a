#!/usr/bin/env node
/** The process begins here. What can be answered at once is answered here, and only work loads more. */
// First: nothing may run before it.
import "./start/NodeVersion.ts"
import { exitCodeOf } from "./failure/Failure.ts"
import * as Telling from "./failure/Telling.ts"
import * as Answer from "./start/Answer.ts"
import * as CompileCache from "./start/CompileCache.ts"
import * as StandardOutput from "./start/StandardOutput.ts"
import * as WarmToken from "./start/WarmToken.ts"

const args = process.argv.slice(2)
const telling = Telling.of(args)

const console = StandardOutput.make((failure, isGone) => {
  // The reader of the output has left, as `head` does, so no more output can reach it. 128 + SIGPIPE, as a shell gives.
  if (isGone) process.exit(141)
  console.error(Telling.line(telling, failure))
  process.exit(exitCodeOf(failure))
})

const answer = Answer.of(args, {
  env: process.env,
  // Questions are written to standard error, so standard output may well be a file or a pipe.
  isSomebodyThere: () => {
    const { isatty } = process.getBuiltinModule("node:tty")
    return isatty(0) && isatty(2)
  },
})
if (Answer.isSaid(answer)) {
  process.exitCode = answer.code
  Answer.say(answer, console)
} else {
  const kept = WarmToken.line(answer, Date.now())
  if (kept !== undefined) console.log(kept)
  else {
    process.stderr.on("error", () => {})
    CompileCache.enable()
    void import("./Process.ts").then(({ run }) => run(answer, telling, console))
  }
}
