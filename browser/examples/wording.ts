// The words of a screen in another language. A refusal's code is stable, so it is the key; what has no entry keeps the
// words that it came with.
import type { ShownRefusal } from "@pbx-auth/machine/SessionView"

const german: Readonly<Record<string, string>> = {
  BadCredentials: "Name oder Passwort ist falsch.",
  BadPasscode: "Dieser Code ist falsch.",
  ChallengeExpired: "Die Zeit für den Code ist vorbei. Bitte neu anmelden.",
  NotAllowed: "Dieses Konto darf das nicht. Ein Administrator kann es ändern.",
  Unavailable: "Der Anbieter ist gerade nicht zu erreichen.",
}

// #region wording
export const refusalIn = (language: string, { code, message }: ShownRefusal): string =>
  (language.startsWith("de") ? german[code] : undefined) ?? message
// #endregion
