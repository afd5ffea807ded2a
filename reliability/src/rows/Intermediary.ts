/** A refusal by an intermediary, which is not the vendor's. */

import type { GrantName } from "@pbx-auth/emulator/Journal"
import * as NetSapiens from "@pbx-auth/providers/NetSapiens"
import * as BearerHttpClient from "@pbx-auth/session/BearerHttpClient"
import * as Effect from "effect/Effect"
import { Notes } from "../Finding.ts"
import { type Lab, sampled } from "../Lab.ts"
import type { Row } from "../Row.ts"
import * as Stage from "../Stage.ts"
import { skyswitch, unattended } from "../Vendor.ts"

const MINUTE = 60_000
const HOUR = 60 * MINUTE

interface Answer {
  readonly name: string
  readonly status: number
  readonly body: string
}

const page = "<html><title>Forbidden</title></html>"

/** Whatever was presented, it was refused on the way. */
const refused: ReadonlyArray<Answer> = [
  { name: "403 as text", status: 403, body: "error code: 1010" },
  { name: "403 of a gateway", status: 403, body: '{"message":"Forbidden"}' },
  { name: "403 as problem+json", status: 403, body: '{"type":"about:blank","title":"Forbidden","status":403}' },
  { name: "403 as a page", status: 403, body: page },
  { name: "401 of a gateway", status: 401, body: '{"message":"Unauthorized"}' },
  { name: "401 as a page", status: 401, body: page },
  { name: "405", status: 405, body: "Method Not Allowed" },
  { name: "406", status: 406, body: page },
  { name: "202 for browsers", status: 202, body: "" },
]

/** And what may be the vendor's own, in unreadable words. */
const unreadable: ReadonlyArray<Answer> = [
  ...refused,
  { name: "200 as a page", status: 200, body: "<html>Wrong password</html>" },
  { name: "200 with nothing in it", status: 200, body: "" },
]

const answered = (stage: Stage.Stage, { body, status }: Answer, grant?: GrantName) =>
  stage.arm({
    fault: { _tag: "reply", status, body },
    match: { provider: NetSapiens.provider.id, ...(grant && { grant }) },
    times: "always",
  })

/** A caller asks for a token now and then. */
const asking = (stage: Stage.TimedStage, session: Stage.Opened, every: number, for_: number) =>
  Effect.gen(function* () {
    for (let passed = 0; passed < for_; passed += every) {
      yield* Effect.exit(stage.time.through(session.accessToken))
      yield* stage.time.advance(every)
    }
  })

/** A renewal meets it: for an hour, only the refresh token is presented, and then the session goes on. */
const renewal = (lab: Lab, notes: Notes, answer: Answer) =>
  Stage.timed(lab, { wire: "process" }, (stage) =>
    Effect.gen(function* () {
      const session = yield* stage.signedIn(skyswitch)
      yield* stage.clear
      yield* answered(stage, answer)
      yield* asking(stage, session, 5 * MINUTE, 2 * HOUR)
      notes.must(`${answer.name}: no password follows`, (yield* stage.asked("password")).length === 0)
      yield* stage.heal
      yield* stage.time.advance(11 * MINUTE)
      const token = yield* Effect.exit(stage.time.through(session.accessToken))
      notes.must(
        `${answer.name}: the session goes on`,
        token._tag === "Success" && (yield* stage.isGood(skyswitch, token.value)),
      )
      notes.must(`${answer.name}: still no password`, (yield* stage.asked("password")).length === 0)
    }),
  )

/** A sign-in meets it, for two days: how often is the password presented? */
const signIn = (lab: Lab, notes: Notes, answer: Answer) =>
  Stage.timed(lab, { wire: "process" }, (stage) =>
    Effect.gen(function* () {
      yield* answered(stage, answer)
      const session = yield* stage.open(unattended(skyswitch, stage.origin))
      yield* asking(stage, session, MINUTE, HOUR)
      yield* asking(stage, session, HOUR, 47 * HOUR)
      const presented = yield* stage.asked("password")
      notes.must(`${answer.name}: a password is presented three times at most`, presented.length <= 3)
      const gaps = presented.slice(1).map(({ at }, index) => at - (presented[index]?.at ?? 0))
      notes.must(`${answer.name}: ten minutes apart`, Math.min(...gaps, HOUR) >= 10 * MINUTE)
      const told = yield* Effect.result(session.accessToken)
      notes.must(
        `${answer.name}: it is told so`,
        told._tag === "Failure" && /something that we cannot read/.test(told.failure.message),
      )
      yield* stage.heal
      const signedIn = yield* Effect.exit(stage.time.through(session.signIn()))
      notes.must(`${answer.name}: a person's call mends it`, signedIn._tag === "Success")
      return presented.length
    }),
  )

/** An API answers 401 to every token, 200 times in a minute. */
const deafApi = (lab: Lab, notes: Notes) =>
  Stage.timed(lab, { wire: "process" }, (stage) =>
    Effect.gen(function* () {
      yield* stage.arm({ fault: { _tag: "reply", status: 401 }, match: { path: "/ns-api/x" }, times: "always" })
      const session = yield* stage.signedIn(skyswitch)
      const api = yield* Effect.provide(BearerHttpClient.make(session), stage.http)
      for (let call = 0; call < 200; call++) {
        const { status } = yield* api.get(`${stage.origin}/ns-api/x`).pipe(Effect.orDie)
        notes.must("the API's own answer is given back", status === 401)
        yield* stage.time.advance(250)
      }
      const renewals = (yield* stage.asked("refresh_token")).length
      notes.must("an API that takes no token causes one renewal", renewals === 1)
      notes.must("the view says so", (yield* session.view).refusal?.code === "NotAllowed")
      return renewals
    }),
  )

export const inBetween: Row = {
  id: "R24",
  fault: "a firewall, a proxy or a gateway says no in place of the vendor; an API that takes no token",
  bar: "no password after a renewal, no more than three sign-ins in a day, 0 sessions lost",
  others:
    "the password is presented during the ban; 6 to 7 times a minute after a login page; 200 renewals for 200 calls",
  means:
    "For hours, renewals and sign-ins get pages, texts and JSON that are not the vendor's grammar, while callers ask for a token now and then. An API answers 401 to 200 calls.",
  run: (lab) =>
    Effect.gen(function* () {
      const notes = new Notes(lab)
      for (const answer of sampled(lab, refused, 3)) yield* renewal(lab, notes, answer)
      let most = 0
      for (const answer of sampled(lab, unreadable, 3)) most = Math.max(most, yield* signIn(lab, notes, answer))
      const renewals = yield* deafApi(lab, notes)
      return notes
        .count("answers", refused.length + unreadable.length)
        .count("sign-ins in two days, at most", most)
        .count("renewals for 200 calls", renewals).finding
    }),
}
