/**
 * The machine knows a refusal's code and remedy only as labels, so that it depends on nothing. Here they are compared with the
 * originals.
 */
import { expect, it } from "vitest"
import { initialContext } from "../packages/machine/src/SessionContext.ts"
import type { Remedy as Label, RefusalCode } from "../packages/machine/src/SessionEvent.ts"
import { SessionView } from "../packages/machine/src/SessionView.ts"
import * as AuthError from "../packages/providers/src/error/AuthError.ts"

const labels: Readonly<Record<Label, true>> = {
  sign_in: true,
  passcode: true,
  configure: true,
  ask_administrator: true,
  wait: true,
  retry: true,
  report: true,
}

it("the machine's remedies are those of the errors", () => {
  expect(Object.keys(labels).sort()).toEqual([...AuthError.Remedy.literals].sort())
})

// Every error of the module is a reason, except the one that carries them.
const codes = Object.entries(AuthError).flatMap(([name, value]) =>
  typeof value === "function" && value.prototype instanceof Error && name !== "AuthError" ? [name] : [],
)

it("there are reasons", () => {
  expect(codes).toContain("BadCredentials")
  expect(codes.length).toBeGreaterThanOrEqual(14)
})

it.each(codes)("a screen has words for %s", (code) => {
  const context = {
    ...initialContext({ unattended: false, renewsWith: "refresh_token" }),
    refusal: { code: code as RefusalCode, remedy: "report" as const },
  }
  const { refusal } = SessionView.of({ value: { unauthenticated: "idle" }, context })
  expect(refusal?.message).toMatch(/^[A-Z].*\.$/)
})
