/**
 * All options of a provider in order, as data: what a command asks for, which variables it reads, and the tables of the docs. A session
 * does not need it.
 */

import type { Provider } from "../description/Provider.ts"
import { optionNames } from "./Configuration.ts"

/** One option that a user writes, described. */
export interface DescribedOption {
  /** Its place in the options: `tenant`, `client.secret`. */
  readonly name: string
  /** For people. */
  readonly title: string
  /** A sentence: what it is. */
  readonly doc: string
  /** Whether it is a secret: never shown, and `Redacted` after `configure`. */
  readonly secret: boolean
  /** Whether it may be left out. */
  readonly optional: boolean
  /** What holds if it is left out, where that is one text. */
  readonly default: string | undefined
  /** A made-up value. */
  readonly example: string | undefined
  /** Whether it tells two accounts apart, and so is part of the session's key. */
  readonly identifies: boolean
  /** Whether every provider may have it, or only this one declares it. */
  readonly standard: boolean
  /**
   * The environment variable that the command reads it from: `PBX_AUTH_CLIENT_SECRET`. `undefined` for a standard option that it takes by a
   * flag, or not at all.
   */
  readonly variable: string | undefined
}

type Standard = Omit<DescribedOption, "standard" | "variable" | "default" | "example"> &
  Partial<Pick<DescribedOption, "default" | "example">>

/** All standard options of all providers, with the vendor's own before the settings. */
const describedOf = (provider: Provider): ReadonlyArray<Standard> => {
  const { addresses, clientId, clientSecret, scopes } = provider
  const address = typeof addresses.standard === "string" ? addresses.standard : undefined
  const setting = { secret: false, optional: true, identifies: false }
  return [
    {
      name: "address",
      title: "Address",
      doc: "The host or the origin of the vendor's endpoints.",
      secret: false,
      optional: addresses.standard !== undefined,
      identifies: true,
      ...(address !== undefined && { default: address }),
    },
    {
      name: "prefix",
      title: "Path prefix",
      doc: 'The path before the endpoints; "/" for endpoints at the root.',
      secret: false,
      optional: true,
      identifies: true,
      default: addresses.prefix,
    },
    {
      name: "client.id",
      title: "Client ID",
      doc: "The id of the client that the vendor issued.",
      secret: false,
      optional: clientId !== undefined,
      identifies: true,
      ...(clientId !== undefined && { default: clientId }),
    },
    ...(clientSecret === "none"
      ? []
      : [
          {
            name: "client.secret",
            title: "Client secret",
            doc: "The secret that came with the client id.",
            secret: true,
            optional: clientSecret === "optional",
            identifies: true,
          },
        ]),
    {
      name: "credentials.username",
      title: "Username",
      doc: "Who signs in, as the vendor writes it.",
      secret: false,
      optional: true,
      identifies: true,
    },
    {
      name: "credentials.password",
      title: "Password",
      doc: "The password of that user.",
      secret: true,
      optional: true,
      identifies: true,
    },
    // A vendor's own option may have this name where nobody signs in at a browser.
    ...(provider.signsInWith !== "browser"
      ? []
      : [
          {
            name: "user",
            title: "User",
            doc: "A name of yours for the user who signs in at the browser. It goes to nobody.",
            secret: false,
            optional: false,
            identifies: true,
          },
        ]),
    {
      name: "refreshToken",
      title: "Refresh token",
      doc: "A refresh token from elsewhere, with which the session begins.",
      secret: true,
      optional: true,
      identifies: true,
    },
    {
      name: "scopes",
      title: "Scopes",
      doc: "What the token is for: names from the vendor's page.",
      secret: false,
      optional: scopes !== "required",
      identifies: true,
      ...(Array.isArray(scopes) && { default: scopes.join(" ") }),
    },
    ...Object.entries(provider.options ?? {}).map(([name, field]) => ({
      ...field,
      name,
      secret: field.secret === true,
      optional: field.optional === true || field.default !== undefined,
    })),
    {
      ...setting,
      name: "refreshMethod",
      title: "Refresh method",
      doc: "How a refresh token is sent. GET puts secrets into URLs.",
      default: "POST",
    },
    {
      ...setting,
      name: "passcodeRepeatsCredentials",
      title: "Passcode repeats credentials",
      doc: "Whether username and password are sent again with a passcode.",
      default: "false",
    },
    {
      ...setting,
      name: "basicEncoding",
      title: "Basic encoding",
      doc: "How HTTP Basic writes id and secret: raw, or form-encoded first.",
      default: "raw",
    },
    {
      ...setting,
      name: "plainHttp",
      title: "Plain http",
      doc: "Whether the address may begin with http:// in a private network. Everybody on the way reads the secrets.",
      default: "false",
    },
    {
      ...setting,
      name: "trailingSlash",
      title: "Trailing slash",
      doc: "Whether the token endpoint's path ends with a slash.",
    },
    {
      ...setting,
      name: "deadline",
      title: "Deadline",
      doc: "How long a request may take, in ms.",
      default: "15000",
    },
  ]
}

const readFrom = ({ options = {}, signsInWith }: Provider, name: string): string | undefined => {
  // Such a client signs in by itself, so the command begins with nothing else.
  if (name === "refreshToken" && signsInWith === "client") return undefined
  if (Object.hasOwn(options, name) || isRead.test(name)) return variableOf(name)
  // The command reads it where it reads any other user's name.
  return name === "user" ? variableOf("credentials.username") : undefined
}

/** The standard options that the command reads from a variable. */
const isRead = /^(address|client\.(id|secret)|credentials\.(username|password)|refreshToken|scopes)$/

/**
 * The options that a provider takes, in the order in which a person would write them: the standard ones, with the vendor's own before the
 * settings that few people need.
 */
export const optionsOf = (provider: Provider): ReadonlyArray<DescribedOption> => {
  const names = new Set(optionNames(provider))
  const taken = describedOf(provider).filter(({ name }) => names.has(name.split(".")[0] ?? ""))
  return taken.map(({ default: standard, doc, example, identifies, name, optional, secret, title }) => ({
    name,
    title,
    doc,
    secret,
    optional,
    default: standard,
    example,
    identifies,
    standard: !Object.hasOwn(provider.options ?? {}, name),
    variable: readFrom(provider, name),
  }))
}

/** The variable of an option: `client.secret` is `PBX_AUTH_CLIENT_SECRET`, and `credentials.password` `PBX_AUTH_PASSWORD`. */
export const variableOf = (name: string): string =>
  `PBX_AUTH_${name
    .replace("credentials.", "")
    .replace(".", "_")
    .replace(/[A-Z]/g, (letter) => `_${letter}`)
    .toUpperCase()}`
