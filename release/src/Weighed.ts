/** What is weighed: our bundles, with their ceilings and with what must not be in them, and the peers beside them. */

import { existsSync, readFileSync } from "node:fs"
import { basename, join, posix } from "node:path"
import { provider as defined } from "@pbx-auth/providers/Zoom"
import { root } from "./Workspace.ts"

export interface Weighed {
  /** The file in `bundles/`. */
  readonly entry: string
  readonly shows: string
}

export interface Ours extends Weighed {
  /** Bytes of gzip that it must not exceed: its size plus a small margin. Lower it when the bundle gets smaller. */
  readonly ceiling: number
  /** Bytes of gzip that it should have at most. */
  readonly budget: number
  /** Modules by name; a `*` at the end stands for anything. */
  readonly mustNotAppear: ReadonlyArray<string>
  /** The packages that an app installs for it, beside what they ask for. */
  readonly packages: ReadonlyArray<string>
  /** The vendor that the emulator plays for it alone. Absent: those that are always there. */
  readonly vendor?: string | undefined
  /** Who signs in there, and with which secret. */
  readonly account?: ReadonlyArray<string> | undefined
}

/** The ways in which a library comes in as a whole, or a room that does not belong in it. */
const nowhere = [
  "@pbx-auth/emulator/*",
  "@pbx-auth/cli/*",
  "@effect/*",
  "effect/index",
  "effect/http/index",
  "effect/persistence/index",
  "effect/schema/index",
  "effect/schema/SchemaJITCompiler*",
  "effect/testing/*",
  "effect/cli/*",
  "effect/ai/*",
  "effect/sql/*",
  "effect/rpc/*",
  "effect/cluster/*",
  "effect/workflow/*",
  "effect/socket/*",
  "effect/observability/*",
  "effect/http/HttpServer*",
  "effect/http/HttpRouter*",
  "effect/http/Multipart*",
  "xstate/graph*",
]

/** The modules of `providers` that a module there loads, by their places. Imports of types load nothing. */
export const loadedBy = (module: string): ReadonlyArray<string> => {
  const text = readFileSync(join(root, "packages", "providers", "src", `${module}.ts`), "utf8")
  return [...text.matchAll(/^import (?!type\b)[^;"]*? from "(\.[^"]+)\.ts"$/gm)].map(([, path = ""]) =>
    posix.join(posix.dirname(module), path),
  )
}

/** Some vendors have a service of their own. */
const hasService = (name: string): boolean => existsSync(join(root, "packages", "session", "src", `${name}.ts`))

/** A client has no other provider in it than its own, and perhaps the wire that this one shares with others. */
const othersThan = (own: string, ...shared: ReadonlyArray<string>): ReadonlyArray<string> =>
  ["Catalog", "ProviderModules", ...loadedBy("vendors/ProviderModules").map((place) => basename(place))].flatMap(
    (name) => [
      ...(name === own || shared.includes(name) ? [] : [`@pbx-auth/providers/vendors/${name}`]),
      ...(name === own || !hasService(name) ? [] : [`@pbx-auth/session/${name}`]),
    ],
  )

/** What reads options, refusals, replies and addresses that only some vendors have: SkySwitch has none of these. */
const ownGrammar = [
  "json/Shape",
  "definition/OwnGrammar",
  ...loadedBy("definition/OwnGrammar"),
  // What these load in their turn, and nothing else does.
  "description/Options",
  "configuration/DescriptionCheck",
  "configuration/PrivateNetwork",
  "json/DottedPath",
].map((name) => `@pbx-auth/providers/${name}`)

/** The ways to sign in at a browser. A provider has them by its value, so a client has them only where they are imported. */
const browserWays = [
  ...["DeviceAuthorization", "AuthorizationRequest"].map((name) => `@pbx-auth/providers/request/${name}`),
  ...["DeviceSignIn", "RedirectSignIn", "RedirectSignIns", "browser/BrowserPrompt"].map(
    (name) => `@pbx-auth/session/${name}`,
  ),
]

/** Parts for many sessions, or for operations: one session's client has none of them. */
const forMany = ["Sessions", "Operations", "registry/*", "operations/*"].map((name) => `@pbx-auth/session/${name}`)

/** No client of promises in a tab has one of these. */
const notInTab = [
  ...nowhere,
  // It calls `fetch` itself.
  "effect/http/*",
  ...browserWays,
  ...forMany,
  // Nothing is stored, so nothing is stored under another name.
  "@pbx-auth/session/record/FormerRecord",
  "@pbx-auth/session/PromiseClock",
  ...["RuntimeErrors", "UndiciEvents"].map((name) => `@pbx-auth/providers/wire/${name}`),
  // No streams, no layers, no registry: nothing that it does not use.
  ...["Session", "PromiseSessions", "PromiseApiKey", "PromiseOperations"].map((name) => `@pbx-auth/session/${name}`),
  ...["Layer", "Schedule", "Scope", "Stream", "Queue", "Channel"].map((name) => `effect/${name}`),
]

export const ours: ReadonlyArray<Ours> = [
  {
    entry: "Screen.ts",
    shows: "pbx-auth: machine and view",
    ceiling: 17_000,
    budget: 17_000,
    mustNotAppear: [...nowhere, "effect*", "@pbx-auth/providers/*", "@pbx-auth/session/*"],
    packages: ["@pbx-auth/machine"],
  },
  {
    entry: "PromiseClient.ts",
    shows: "pbx-auth: whole client, promises",
    ceiling: 63_900,
    // A bundle for a tab, as esbuild and Vite make it: a tab's `fetch` tells no cause of a failure, so the tables that read Node's, Bun's and
    // Deno's causes stay out (the condition `browser`). The largest parts, gzipped: XState and the chart 16.5, what is left of Effect 15. A
    // clock of the app's own has its module, which is not in it.
    budget: 64_000,
    mustNotAppear: [...notInTab, ...othersThan("SkySwitch", "NetSapiens"), ...ownGrammar],
    packages: ["@pbx-auth/session"],
  },
  {
    entry: "DefinedClient.ts",
    shows: "pbx-auth: whole client, promises, a provider of defineProvider",
    // Of `open` for any provider it has 1.5 kB, and of the provider's own options, replies and refusals the rest. A page that is not built for
    // production has the check of the description as well: 2.7 kB.
    ceiling: 71_400,
    budget: 74_000,
    mustNotAppear: [...notInTab, ...othersThan("Zoom"), "@pbx-auth/providers/configuration/DescriptionCheck"],
    packages: ["@pbx-auth/session"],
    vendor: defined.id,
    account: ["ZoomAccountNorth00001", "zoom-client-secret"],
  },
  {
    entry: "EffectClient.ts",
    shows: "pbx-auth: whole client, Effect",
    // Effect's own HttpClient is 12 kB of it, and its logger 2 kB. An app of Effect has them anyway. A tab that must be small takes the client of promises.
    ceiling: 88_000,
    budget: 88_200,
    mustNotAppear: [
      ...nowhere,
      ...othersThan("SkySwitch", "NetSapiens"),
      ...ownGrammar,
      ...browserWays,
      ...forMany,
      "@pbx-auth/session/Promise*",
    ],
    packages: ["@pbx-auth/session"],
  },
]

export const peers: ReadonlyArray<Weighed> = [
  { entry: "Auth0.ts", shows: "@auth0/auth0-spa-js" },
  { entry: "Msal.ts", shows: "@azure/msal-browser" },
  { entry: "OidcClientTs.ts", shows: "oidc-client-ts" },
  { entry: "Oauth4webapi.ts", shows: "oauth4webapi (requests and replies alone)" },
]
