/** Where an example plays in the playground: the same account, and what it does, one after the other. */

const plays: Readonly<Record<string, string>> = {
  "acting-for": "?provider=skyswitch&account=1000@acmecorp&do=sign-in,act-as,call,stop-acting",
  "acting-with-promises": "?provider=skyswitch&account=1000@acmecorp&do=sign-in,act-as,call,stop-acting",
  "bearer-fetch": "?provider=skyswitch&account=111@abc-company&mode=unattended&do=token,call",
  "calling-an-api": "?provider=skyswitch&account=111@abc-company&mode=unattended&do=token,call",
  "effect-app": "?provider=skyswitch&account=111@abc-company&mode=unattended&do=token,inspect,sign-out",
  "first-token": "?provider=skyswitch&account=111@abc-company&mode=unattended&do=token,call",
  "jumping-an-hour":
    "?provider=skyswitch&account=111@abc-company&mode=unattended&rotation=strict&do=token,fault.drop-reply,due",
  "machine-in-a-ui": "?provider=skyswitch&do=sign-in,wrong-passcode,passcode",
  patience: "?provider=skyswitch&account=111@abc-company&mode=unattended&fault=unavailable&do=token",
  "plain-promise": "?provider=skyswitch&account=111@abc-company&mode=unattended&do=callers",
  "promise-refusals": "?provider=skyswitch&account=111@abc-company&do=wrong-password",
  refusals: "?provider=skyswitch&account=111@abc-company&do=wrong-password",
  "sangoma-cx": "?provider=sangoma-cx&do=token,days",
  "second-factor": "?provider=skyswitch&do=sign-in,wrong-passcode,passcode",
  "second-factor-with-promises": "?provider=skyswitch&do=sign-in,wrong-passcode,passcode",
  "steered-clock": "?provider=skyswitch&account=111@abc-company&mode=unattended&do=token,end,token",
  "testing-with-effect":
    "?provider=skyswitch&account=111@abc-company&mode=unattended&fault=unavailable&do=token,minute,token,due",
  "testing-with-the-emulator":
    "?provider=skyswitch&account=111@abc-company&mode=unattended&fault=unavailable&do=token,minute,token,due",
}

/** The examples that have a place there. */
export const playing: ReadonlyArray<string> = Object.keys(plays)

/** The playground's address for an example, by the file's name without ending. */
export const playOf = (name: string): string | undefined => plays[name]
