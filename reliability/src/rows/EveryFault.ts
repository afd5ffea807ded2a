/** Every fault that the emulator knows, at every vendor. */
import { actingOf, type Fault, faultNames } from "@pbx-auth/emulator/Fault"
import * as Effect from "effect/Effect"
import { Notes } from "../Finding.ts"
import { sampled } from "../Lab.ts"
import { isPlainNo, undergo } from "../Ordeal.ts"
import type { Row } from "../Row.ts"
import { ipex, sangomaCx, skyswitch, vendors } from "../Vendor.ts"

const SECOND = 1_000

const redirectTo = "http://127.0.0.1:2/elsewhere"

/** Each fault as it is, and, if it can be told to act, once more with the server acting. */
export const faults: ReadonlyArray<Fault> = faultNames.flatMap((name) => {
  const fault = (name === "redirect" ? { _tag: name, to: redirectTo } : { _tag: name }) as Fault
  return actingOf(name) === "told" ? [fault, { ...fault, acts: true } as Fault] : [fault]
})

/** The vendor itself issues a token that is dead, or dies early: no client can know before an API says so. */
const isDeadAtBirth = ({ _tag }: Fault) => _tag === "early_death" || _tag === "same_token"

/** The vendor renewed and says that it did not. Only an API's refusal can tell. */
const isDisguised = (fault: Fault) => "acts" in fault && fault._tag === "error_in_200"

export const everyFault: Row = {
  id: "F1",
  fault: "each fault of the emulator, once, at each vendor",
  bar: "a usable token stays usable, no stored record is lost or replaced by garbage; a good token once the server is well",
  means:
    "Every fault hits a sign-in and a renewal, of a person's session and of one that may sign in by itself, with refresh tokens that stay and that rotate strictly. Then the vendor is well again, and the old token ends.",
  run: (lab) =>
    Effect.gen(function* () {
      const notes = new Notes(lab)
      const isFull = lab.scale === "full"
      let ordeals = 0
      let lost = 0
      let people = 0
      let slowest = 0
      for (const fault of sampled(lab, faults, 3)) {
        for (const vendor of isFull ? vendors : [skyswitch, ipex, sangomaCx]) {
          for (const isAttended of vendor.person === undefined ? [false] : [true, false]) {
            for (const moment of ["sign_in", "renewal"] as const) {
              for (const isStrict of isFull ? [true, false] : [true]) {
                const survived = yield* undergo(lab, { vendor, fault, isAttended, moment, isStrict })
                const { dead, isKept, isStoreSound, neededPerson, recovery, told } = survived
                const what = [
                  "acts" in fault ? `${fault._tag} after acting` : fault._tag,
                  vendor.name,
                  isAttended ? "a person's session" : "unattended",
                  moment === "sign_in" ? "sign-in" : "renewal",
                  isStrict ? "strict" : "not strict",
                ].join(", ")
                ordeals++
                if (recovery === undefined) lost++
                else slowest = Math.max(slowest, recovery)
                if (moment === "renewal" && isAttended && neededPerson) people++
                notes
                  .must(`${what}: a tagged error or a token`, told !== "not an AuthError")
                  .must(`${what}: what is usable stays usable`, isKept)
                  .must(`${what}: nothing stored is replaced by garbage`, isStoreSound)
                  .must(`${what}: a good token once the server is well`, recovery !== undefined)
                  .must(
                    `${what}: no dead token is handed out`,
                    dead <= (isDeadAtBirth(fault) || isDisguised(fault) ? 1 : 0),
                  )
                if (moment === "renewal" && (isPlainNo(fault) || !isAttended)) {
                  notes.must(`${what}: nobody has to sign in for it`, !neededPerson)
                }
              }
            }
          }
        }
      }
      return notes
        .count("faults", faultNames.length)
        .count("sessions lost", lost)
        .measure("ordeals", ordeals)
        .measure("renewals of unknown outcome that a person had to end", people)
        .measure("slowest good token", `${Math.round(slowest / SECOND)} s`).finding
    }),
}
