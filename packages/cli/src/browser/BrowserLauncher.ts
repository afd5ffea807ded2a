/** Opens a page in the person's browser, by the program that each system has for it. */

import { spawn } from "node:child_process"
import * as Effect from "effect/Effect"
import * as ChildEnvironment from "../shell/ChildEnvironment.ts"
import { codeOf } from "../shell/SystemError.ts"

/** None of them is a shell, so nothing in an address means anything to them but the address. */
const openers: { readonly [platform: string]: readonly [command: string, ...args: ReadonlyArray<string>] } = {
  darwin: ["open"],
  win32: ["rundll32", "url.dll,FileProtocolHandler"],
}

/**
 * Opens it. Returns why that failed, if the program could not be started. It is not waited for: it may run as long as the browser.
 *
 * @category running
 */
export const open = (url: string): Effect.Effect<string | undefined> =>
  Effect.callback((resume) => {
    const [command, ...args] = openers[process.platform] ?? ["xdg-open"]
    const child = spawn(command, [...args, url], {
      stdio: "ignore",
      detached: true,
      env: ChildEnvironment.of(process.env),
    })
    child.unref()
    child.once("error", (error) => resume(Effect.succeed(`${command}: ${codeOf(error)}`)))
    child.once("spawn", () => resume(Effect.undefined))
  })
