/**
 * "Show me": short stories that the playground plays by itself. Each step does something, and has a caption that says what to see.
 */
import type { Action } from "./Action.ts"
import { type Settings, settingsOf, skySwitch } from "./Provider.ts"

interface TourStep {
  readonly caption: string
  readonly does?: Action
}

export interface Tour {
  readonly title: string
  readonly settings: Settings
  readonly steps: readonly [TourStep, ...ReadonlyArray<TourStep>]
}

/** How long a caption stands before the next step, ms. */
export const pace = 3_300

const skyswitch = settingsOf(skySwitch)

export const tours = {
  "second-factor": {
    title: "A second factor",
    settings: skyswitch,
    steps: [
      { caption: "222@abc-company has a second factor. The password goes out.", does: "sign-in" },
      {
        caption: "The provider answers 200, with a token. It is a demand for a passcode, not a success.",
        does: "token",
      },
      {
        caption: "So nobody gets that token. A wrong passcode changes nothing: you may try again.",
        does: "wrong-passcode",
      },
      { caption: "The right one leads to authenticated. Now there is a token.", does: "passcode" },
      {
        caption: "Time goes on until the token is due. The session renews it by itself, without a passcode.",
        does: "due",
      },
      { caption: "Refreshed: the same sign-in with a new token. The API takes it.", does: "call" },
    ],
  },
  "lost-reply": {
    title: "A lost reply",
    settings: { ...skyswitch, account: "1000@acmecorp", mode: "unattended", rotation: "strict" },
    steps: [
      { caption: "An unattended account. Each renewal spends the refresh token: rotation is strict.", does: "sign-in" },
      { caption: "The next reply will get lost, after the server has acted.", does: "fault.drop-reply" },
      { caption: "The token is due. Was the refresh token spent? The session cannot know: recovering.", does: "due" },
      { caption: "The old token still lives, so calls go on. The refresh token is not presented again.", does: "call" },
      {
        caption: "Before the old token ends, the session signs in instead, with the credentials at hand.",
        does: "end",
      },
      { caption: "No caller noticed, and no family of tokens was lost.", does: "call" },
    ],
  },
  callers: {
    title: "1 000 callers",
    settings: { ...skyswitch, account: "111@abc-company", mode: "unattended" },
    steps: [
      { caption: "Nobody has signed in yet. 1 000 callers ask for a token at once.", does: "callers" },
      { caption: "One request went out. All callers got the same token. They ask again.", does: "callers" },
      { caption: "This time there was nothing to send. Now the token becomes due.", does: "due" },
      { caption: "One renewal, in the background. Nobody waits for it.", does: "callers" },
      { caption: "The next token will die early. Only the API can notice.", does: "fault.early-death" },
      { caption: "Another renewal brings it.", does: "due" },
      {
        caption: "The API answers 401. One caller names that token, one renewal follows, and the call succeeds.",
        does: "call",
      },
    ],
  },
  masquerading: {
    title: "Masquerading",
    settings: { ...skyswitch, account: "1000@acmecorp" },
    steps: [
      { caption: "A reseller signs in.", does: "sign-in" },
      {
        caption: "It begins to act for 1001@acmecorp. Its own token is presented to get the subject's.",
        does: "act-as",
      },
      { caption: "Now a call goes out as the subject, with the subject's rights and no wider ones.", does: "call" },
      {
        caption: "The subject's token gets old. The session gets the next one by itself, with its own token.",
        does: "end",
      },
      { caption: "Still the subject. Callers never get the wider token instead.", does: "call" },
      {
        caption: "Acting stops. The subject's token is forgotten. The own one is due by now, so it is renewed.",
        does: "stop-acting",
      },
    ],
  },
} as const satisfies Record<string, Tour>

export type TourId = keyof typeof tours

export const tourIds = Object.keys(tours) as ReadonlyArray<TourId>
