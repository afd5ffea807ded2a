/**
 * The parts of a reason's page that come from the code: what the class says, the replies that lead to it, the rows of
 * docs/test-values.md that end in it. `node docs/test/ErrorPage.ts` writes them into docs/errors; a test compares.
 */
import { readFileSync, writeFileSync } from "node:fs"
import * as AuthError from "@pbx-auth/providers/AuthError"
import { put, table } from "./Generated.ts"
import { root } from "./Page.ts"
import { askedOf, type Leading, leading } from "./RefusalReply.ts"
import { doneIn, playAll, type Shown, stateIn } from "./TestValuesPage.ts"

type Tag = AuthError.Reason["_tag"]

/** Each reason in each of its forms: what is different about it, and an instance. `satisfies` finds a reason that is missing. */
const forms = {
  BadCredentials: [["", new AuthError.BadCredentials({})]],
  BadPasscode: [["", new AuthError.BadPasscode({})]],
  ChallengeExpired: [["", new AuthError.ChallengeExpired({})]],
  PasscodeRequired: [
    ["", new AuthError.PasscodeRequired({})],
    ["`unsupportedByProvider`", new AuthError.PasscodeRequired({ unsupportedByProvider: true })],
  ],
  ClientRefused: [
    ["", new AuthError.ClientRefused({})],
    ["`basicEncoding`", new AuthError.ClientRefused({ basicEncoding: "raw" })],
  ],
  Misconfigured: [
    ["", new AuthError.Misconfigured({ field: "address", fix: "Expected a URL that begins with https://." })],
  ],
  RenewalRefused: [
    ["", new AuthError.RenewalRefused({})],
    ["`sameToken`", new AuthError.RenewalRefused({ sameToken: true })],
    ["`garbled`", new AuthError.RenewalRefused({ garbled: true })],
  ],
  SignedOut: [
    ["", new AuthError.SignedOut({})],
    ["`closed`", new AuthError.SignedOut({ closed: true })],
  ],
  NotAllowed: [
    ["", new AuthError.NotAllowed({})],
    ["`tokenRejected`", new AuthError.NotAllowed({ tokenRejected: true })],
    ["`tokenRejected`, `fresh`", new AuthError.NotAllowed({ tokenRejected: true, fresh: true })],
  ],
  Throttled: [
    ["", new AuthError.Throttled({ retryAt: 0, status: 429 })],
    ["without a `status`", new AuthError.Throttled({ retryAt: 0 })],
    ['`policy: "firewall"`', new AuthError.Throttled({ retryAt: 0, status: 403, policy: "firewall" })],
    ["`toldUntil`", new AuthError.Throttled({ retryAt: 0, status: 429, toldUntil: 1 })],
  ],
  Unavailable: [
    ["with a `status`", new AuthError.Unavailable({ status: 503, host: "pbx.example.com" })],
    ["without a `status`", new AuthError.Unavailable({ host: "pbx.example.com" })],
    ["`unreachable`", new AuthError.Unavailable({ unreachable: true, host: "pbx.example.com" })],
    [
      '`failed: "refused"`',
      new AuthError.Unavailable({ failed: "refused", unreachable: true, host: "pbx.example.com" }),
    ],
    ["`garbled`", new AuthError.Unavailable({ garbled: true })],
  ],
  Unreadable: [
    ["", new AuthError.Unreadable({})],
    ["`refused`", new AuthError.Unreadable({ refused: true })],
    ["`instead`", new AuthError.Unreadable({ instead: "own_token" })],
    ["`threw`", new AuthError.Unreadable({ threw: "TypeError" })],
  ],
  OutcomeUnknown: [
    ['`grant: "Password"` and others', new AuthError.OutcomeUnknown({ grant: "Password" })],
    ['`grant: "RefreshToken"`', new AuthError.OutcomeUnknown({ grant: "RefreshToken" })],
    ['`grant: "Passcode"`', new AuthError.OutcomeUnknown({ grant: "Passcode" })],
    ["`interim`", new AuthError.OutcomeUnknown({ grant: "Password", interim: true })],
  ],
  StoreFailed: [
    ["it may pass", new AuthError.StoreFailed({ remedy: "retry" })],
    ["it does not pass", new AuthError.StoreFailed({ remedy: "configure" })],
  ],
} satisfies { readonly [T in Tag]: ReadonlyArray<readonly [string, AuthError.Reason & { readonly _tag: T }]> }

export const tags = Object.keys(forms) as ReadonlyArray<Tag>

/** The file of a reason's page. */
export const urlOf = (tag: Tag): URL => new URL(`../${AuthError.pageOf(tag)}.md`, import.meta.url)
export const index = new URL("../errors/README.md", import.meta.url)

const code = (text: string): string => `\`${text}\``

// --- what the class says --------------------------------------------------------------------------------------------

const source = readFileSync(`${root}/packages/providers/src/error/Reason.ts`, "utf8")

/** A docstring's sentences, in one line. */
const proseOf = (comment: string): string =>
  comment
    .replace(/^\s*\/?\*+\/?/gm, "")
    .replace(/\*\/\s*$/, "")
    .replace(/\s+/g, " ")
    .trim()

const classOf = (tag: Tag): { readonly doc: string; readonly fields: ReadonlyArray<readonly [string, string]> } => {
  const [, doc = "", body = ""] =
    new RegExp(
      `/\\*\\*((?:(?!\\*/)[\\s\\S])*)\\*/\\nexport class ${tag} extends (?:/\\* @__PURE__ \\*/ )?tagged\\("${tag}"\\)(?:<\\{([\\s\\S]*?)\\n\\}>)?`,
    ).exec(source) ?? []
  if (doc === "") throw new Error(`Reason.ts has no docstring for ${tag}`)
  const fields = [...body.matchAll(/(?:\/\*\*((?:(?!\*\/)[\s\S])*)\*\/\s*)?readonly (\w+\??):/g)]
    .map(([, about = "", name = ""]) => [name, proseOf(about)] as const)
    .filter(([name]) => name !== "remedy")
  return { doc: proseOf(doc), fields }
}

/** The exit codes, from the table of docs/command.md, which the command's tests hold. */
const exitCodes = new Map(
  [...readFileSync(`${root}/docs/command.md`, "utf8").matchAll(/^\| (\d) \| `(\w+)` \|/gm)].map(([, exit, remedy]) => [
    remedy,
    exit,
  ]),
)

const each = <A>(all: ReadonlyArray<A>) => [...new Set(all)]

const remediesOf = (tag: Tag): ReadonlyArray<string> => each(forms[tag].map(([, reason]) => reason.remedy))

const factsOf = (tag: Tag): string => {
  const remedies = remediesOf(tag)
  const { fields } = classOf(tag)
  const [[, only] = [], ...others] = forms[tag]
  return [
    table(
      ["", code(tag)],
      [
        ["[remedy](README.md#remedies)", remedies.map(code).join(" or ")],
        [
          "exit code of [the command](../command.md#how-it-fails)",
          remedies.map((remedy) => exitCodes.get(remedy) ?? "?").join(" or "),
        ],
        ["address of this page", code(AuthError.pageOf(tag))],
        ...fields.map(([name, about]) => [code(name.replace("?", "")), about || "see below"]),
        ...(others.length === 0 && only !== undefined ? [["it says", only.message]] : []),
      ],
    ),
    ...(others.length === 0
      ? []
      : [
          table(
            ["if it has", "remedy", "it says"],
            forms[tag].map(([what, reason]) => [what || "none of these", code(reason.remedy), reason.message]),
          ),
        ]),
  ].join("\n\n")
}

// --- what leads to it -----------------------------------------------------------------------------------------------

const list = new Intl.ListFormat("en-GB")

/** Of the two lists, the shorter one is told. */
const placesIn = ({ at, to }: Leading): string => {
  const others = askedOf(to).filter((name) => !at.includes(name))
  if (others.length === 0) return to
  return others.length < at.length ? `${to}, but not at ${list.format(others)}` : `${to} at ${list.format(at)}`
}

const order = ["a sign-in with a password", "a sign-in of the client", "a passcode", "a renewal", "acting"]

const requestsIn = (all: ReadonlyArray<Leading>): string =>
  [...all]
    .sort((one, other) => order.indexOf(one.to) - order.indexOf(other.to))
    .map(placesIn)
    .join("; ")
    .replace(/^a sign-in with a password; a sign-in of the client(?=;|$)/, "a sign-in")

const means = [
  "This library's own decoder was given each of these replies, at each provider. The forms are those that are seen in the field; no page of a",
  "vendor shows them.",
].join("\n")

const repliesOf = (tag: Tag, all: ReadonlyArray<Leading>): string => {
  const own = all.filter(({ reason }) => reason === tag)
  if (own.length === 0) return "No single reply of a provider leads to it."
  const rows = table(
    ["reply", "in answer to"],
    each(own.map(({ reply }) => reply)).map((reply) => [reply, requestsIn(own.filter((one) => one.reply === reply))]),
  )
  return `${means}\n\n${rows}`
}

const valuesOf = (tag: Tag, shown: ReadonlyArray<Shown>): string => {
  const own = shown.filter(({ played }) => played.error === tag)
  if (own.length === 0) return "No account or fault of the emulator leads to it."
  return table(
    ["provider", "account", "done", "state"],
    own.map(({ played, row }) => [row.provider, code(row.account), doneIn(row), stateIn(played)]),
  )
}

// --- pages ----------------------------------------------------------------------------------------------------------

/** What was found by running the code once, for all pages. */
export interface Found {
  readonly replies: ReadonlyArray<Leading>
  readonly shown: ReadonlyArray<Shown>
}

export const find = async (): Promise<Found> => ({ replies: await leading(), shown: await playAll() })

/** A page with its generated parts made anew. */
export const rewritten = (tag: Tag, page: string, { replies, shown }: Found): string =>
  [
    ["facts of the reason", factsOf(tag)],
    ["replies that lead to it", repliesOf(tag, replies)],
    ["test values", valuesOf(tag, shown)],
  ].reduce((text, [name = "", part = ""]) => put(text, name, part), page)

/** The index, with a row for each reason. */
export const indexed = (page: string): string =>
  put(
    page,
    "reasons",
    table(
      ["reason", "remedy", "it means"],
      tags.map((tag) => [
        `[${tag}](${AuthError.pageOf(tag).replace("errors/", "")}.md)`,
        remediesOf(tag).map(code).join(" or "),
        /^.*?\.(?= |$)/.exec(classOf(tag).doc)?.[0] ?? classOf(tag).doc,
      ]),
    ),
  )

if (import.meta.main) {
  const found = await find()
  for (const tag of tags) writeFileSync(urlOf(tag), rewritten(tag, readFileSync(urlOf(tag), "utf8"), found))
  writeFileSync(index, indexed(readFileSync(index, "utf8")))
}
