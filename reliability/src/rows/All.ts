import type { Row } from "../Row.ts"
import * as Bounded from "./Bounded.ts"
import * as Canary from "./Canary.ts"
import * as Challenge from "./Challenge.ts"
import * as Chance from "./Chance.ts"
import * as Chart from "./Chart.ts"
import * as Device from "./Device.ts"
import * as EveryFault from "./EveryFault.ts"
import * as Foreign from "./Foreign.ts"
import * as Garbage from "./Garbage.ts"
import * as Intermediary from "./Intermediary.ts"
import * as Killed from "./Killed.ts"
import * as Lifetime from "./Lifetime.ts"
import * as Limit from "./Limit.ts"
import * as LostReply from "./LostReply.ts"
import * as Moved from "./Moved.ts"
import * as OlderCalls from "./OlderCalls.ts"
import * as Outage from "./Outage.ts"
import * as Parent from "./Parent.ts"
import * as Pause from "./Pause.ts"
import * as Redirect from "./Redirect.ts"
import * as Reseller from "./Reseller.ts"
import * as SignOut from "./SignOut.ts"
import * as SingleFlight from "./SingleFlight.ts"
import * as Stall from "./Stall.ts"
import * as StoreHarm from "./StoreHarm.ts"
import * as Together from "./Together.ts"
import * as Unsent from "./Unsent.ts"
import * as Waking from "./Waking.ts"
import * as WholeReply from "./WholeReply.ts"
import * as WrongClock from "./WrongClock.ts"

export const rows: ReadonlyArray<Row> = [
  SingleFlight.parallelCallers,
  SingleFlight.lateRejections,
  LostReply.strictRotation,
  LostReply.graceWindow,
  Outage.tenMinutes,
  Limit.retryAfter,
  Stall.stall,
  Garbage.garbage,
  WrongClock.wrongClock,
  Waking.waking,
  Lifetime.lifetimes,
  Challenge.challengeInSuccess,
  Killed.killedAnywhere,
  Together.processesTogether,
  StoreHarm.storeHarmed,
  SignOut.signedOut,
  Parent.parentDies,
  Chart.chart,
  Canary.canary,
  Redirect.redirected,
  OlderCalls.olderCalls,
  Unsent.neverSent,
  WholeReply.wholeReply,
  Intermediary.inBetween,
  Pause.pauses,
  Bounded.bounded,
  Reseller.reseller,
  Foreign.refused,
  Foreign.apart,
  Device.slowed,
  Moved.found,
  EveryFault.everyFault,
  Chance.randomFaults,
  Chance.anyBytes,
]
