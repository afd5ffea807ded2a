/** Where an example plays in the playground: the same account, and what it does, one after the other. */
import { type ProviderId, sangomaCx, skySwitch } from "../playground/Provider.ts"

const at = (provider: ProviderId, query: string): string => `?provider=${provider}&${query}`

const plays: Readonly<Record<string, string>> = {
  "acting-for": at(skySwitch, "account=1000@acmecorp&do=sign-in,act-as,call,stop-acting"),
  "acting-with-promises": at(skySwitch, "account=1000@acmecorp&do=sign-in,act-as,call,stop-acting"),
  "bearer-fetch": at(skySwitch, "account=111@abc-company&mode=unattended&do=token,call"),
  "calling-an-api": at(skySwitch, "account=111@abc-company&mode=unattended&do=token,call"),
  "effect-app": at(skySwitch, "account=111@abc-company&mode=unattended&do=token,inspect,sign-out"),
  "first-token": at(skySwitch, "account=111@abc-company&mode=unattended&do=token,call"),
  "jumping-an-hour": at(
    skySwitch,
    "account=111@abc-company&mode=unattended&rotation=strict&do=token,fault.drop-reply,due",
  ),
  "machine-in-a-ui": at(skySwitch, "do=sign-in,wrong-passcode,passcode"),
  patience: at(skySwitch, "account=111@abc-company&mode=unattended&fault=unavailable&do=token"),
  "plain-promise": at(skySwitch, "account=111@abc-company&mode=unattended&do=callers"),
  "promise-refusals": at(skySwitch, "account=111@abc-company&do=wrong-password"),
  refusals: at(skySwitch, "account=111@abc-company&do=wrong-password"),
  [sangomaCx]: at(sangomaCx, "do=token,days"),
  "second-factor": at(skySwitch, "do=sign-in,wrong-passcode,passcode"),
  "second-factor-with-promises": at(skySwitch, "do=sign-in,wrong-passcode,passcode"),
  "steered-clock": at(skySwitch, "account=111@abc-company&mode=unattended&do=token,end,token"),
  "testing-with-effect": at(
    skySwitch,
    "account=111@abc-company&mode=unattended&fault=unavailable&do=token,minute,token,due",
  ),
  "testing-with-the-emulator": at(
    skySwitch,
    "account=111@abc-company&mode=unattended&fault=unavailable&do=token,minute,token,due",
  ),
}

/** The examples that have a place there. */
export const playing: ReadonlyArray<string> = Object.keys(plays)

/** The playground's address for an example, by the file's name without ending. */
export const playOf = (name: string): string | undefined => plays[name]
