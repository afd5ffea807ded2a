import { spawn } from "node:child_process"
import { once } from "node:events"
import { readdirSync, readFileSync } from "node:fs"
import { afterAll, describe, expect, it } from "vitest"
import { bundleOf } from "./Built.ts"
import { type Host, host, type Ran, run, withEmulator } from "./Example.ts"
import { root } from "./Page.ts"

/** What each example prints, line by line; a RegExp where the line holds a time. */
const printed: Readonly<Record<string, ReadonlyArray<string | RegExp>>> = {
  "effect-app.ts": [
    "111@abc-company.12345.service is Office Manager in abc-company.12345.service, with <redacted>",
    "Its text has 32 characters.",
  ],
  "first-token.ts": [
    "A token with 32 characters.",
    '200 [{"uid":"111@abc-company.12345.service","scope":"Office Manager","domain":"abc-company.12345.service"}]',
  ],
  "plain-promise.ts": [
    "1000 callers, 1 token",
    '200 [{"uid":"111@abc-company.12345.service","scope":"Office Manager","domain":"abc-company.12345.service"}]',
    "unauthenticated.idle: Signed out.",
  ],
  "patience.ts": ["Unavailable, the next try is set: true", "waited it out, with <redacted>"],
  "promise-retry.ts": ["once more in a moment", "acts for 1001@acmecorp.12345.service"],
  "second-factor.ts": [
    "mfa_required: A passcode is needed.",
    /^PasscodeRequired: The account has a second factor\./,
    "BadPasscode, remedy passcode: ask once more",
    "authenticated: Signed in.",
    "the token's access level: Reseller",
  ],
  "second-factor-with-promises.ts": [
    "mfa_required: A passcode is needed.",
    "BadPasscode, remedy passcode: ask once more",
    "authenticated: Signed in.",
    "A token with 32 characters.",
  ],
  "acting-with-promises.ts": [
    "the child is 1001@acmecorp.12345.service",
    "beside it is 1000@acmecorp.12345.service",
    "masqueraded: 1001@acmecorp.12345.service",
    "authenticated: 1000@acmecorp.12345.service",
  ],
  "migrating.ts": [
    "a second factor, hand-written: 401",
    "a second factor, session: PasscodeRequired",
    "a hundred callers at once, hand-written: 100 sign-ins",
    "a hundred callers at once, session: 1 sign-in",
    "the same, when the token has died, hand-written: not all served",
    "the same, when the token has died, session: all served",
    "a reply that is lost, hand-written: TypeError, then 401",
    "a reply that is lost, session: 200, then 200",
    "an outage, hand-written: SyntaxError",
    "an outage, session: Unavailable",
  ],
  "acting-for.ts": [
    "the child is 1001@acmecorp.12345.service (Basic User)",
    "beside it is 1000@acmecorp.12345.service (Reseller)",
    "masqueraded: 1001@acmecorp.12345.service (Basic User)",
    "authenticated: 1000@acmecorp.12345.service (Reseller)",
    "NotAllowed, remedy ask_administrator",
    "IPEX: a token for someone@example.test: <redacted>",
  ],
  "calling-an-api.ts": [
    "200 as 111@abc-company.12345.service, with token number 1",
    "200 as 111@abc-company.12345.service, with token number 2",
    /^Invalid option "origins"\. The bearer goes to http:\/\/127\.0\.0\.1:\d+ alone;/,
  ],
  "bearer-fetch.ts": [
    "200 as 111@abc-company.12345.service, with token number 1",
    "200 as 111@abc-company.12345.service, with token number 2",
    /^Invalid option "origins"\. The bearer goes to http:\/\/127\.0\.0\.1:\d+ alone;/,
  ],
  "configuration.ts": [
    "signed in to abc-company.12345.service as Office Manager",
    'Invalid option "address". Use https://. Plain http:// is for this machine alone (127.0.0.1, [::1], localhost).',
  ],
  "keeping-tokens.ts": [
    "the second run has the token of the first: true",
    "with a new key in front: true",
    "without the old key: true",
    "kept: abc-company.12345.service, Office Manager, token 1",
    /^unknown_key: A stored record was sealed with a key that this process does not have\./,
  ],
  "kept-on-one-machine.ts": [
    "the first run signs in, and has a token with 32 characters",
    "the second run has the same token: true",
  ],
  "kept-with-promises.ts": [
    "the first run signs in, and has a token with 32 characters",
    "the second run has the same token: true",
  ],
  "many-machines.ts": [
    "3 machines, 1 token",
    "all of them are 111@abc-company.12345.service",
    "1 record is kept for them",
  ],
  "cluster.ts": ["token 1", "another one: true"],
  "steered-clock.ts": ["half an hour later: the same token", "an hour later: another token"],
  "testing-an-app.ts": ["the token is made-up", "2 tries, the last with second"],
  "testing-with-the-emulator.ts": [
    "during an outage: Unavailable",
    "an hour later it is another token: true",
    "password 503, password 200, refresh_token 200",
  ],
  "testing-with-effect.ts": [
    "during an outage: Unavailable",
    "an hour later it is another token: true",
    "password 503, password 200, refresh_token 200",
  ],
  "emulator.ts": ["over HTTP: 200", "while it is away: Unavailable, after 1 request", "password: 503 not carried out"],
  "jumping-an-hour.ts": ["issued, renewed", "refresh_token: renewed, lost by drop_reply", "password: issued, answered"],
  "http-api-client.ts": [
    "called as 111@abc-company.12345.service",
    "not called: SignedOut",
    '{"_tag":"AuthError","reason":{"_tag":"SignedOut","provider":"skyswitch"}}',
  ],
  "custom-fetch.ts": ["with promises: Office Manager", "with Effect: Office Manager"],
  "own-fetch.ts": ["over node:http: Office Manager"],
  "many-accounts.ts": [
    "true",
    "111@abc-company.12345.service",
    "1001@acmecorp.12345.service: called as 1001@acmecorp.12345.service",
    "111@abc-company.12345.service: called as 111@abc-company.12345.service",
    "100@nowhere.12345.service: NotAllowed",
    "again as 1001@acmecorp.12345.service",
    "2 children, 2 of them unused",
  ],
  "adopted-refresh-token.ts": [
    "expiring.renewing, 222@abc-company.12345.service, refreshed",
    "token 1, then token 2",
    "unauthenticated.idle: Signed out.",
  ],
  "api-key.ts": [
    "authenticated: Reseller, expires: null",
    "Misconfigured -> configure",
    /^ {2}Invalid option "apiKey"\. The API no longer takes this key\./,
    /^Invalid option "apiKey"\. Expected a key as it was issued: /,
  ],
  "machine-in-a-ui.ts": [
    /^unauthenticated\.idle +Signed out\. +\[sign_in]$/,
    /^unauthenticated\.signing_in +Signing in\. +\[cancel sign_out]$/,
    /^mfa_required\.awaiting_passcode +A passcode is needed\. +\[submit_passcode cancel sign_out]$/,
    /^mfa_required\.verifying +Checking the passcode\. +\[cancel sign_out]$/,
    /^mfa_required\.awaiting_passcode +A passcode is needed\. +\[submit_passcode cancel sign_out]$/,
    /^mfa_required\.verifying +Checking the passcode\. +\[cancel sign_out]$/,
    /^authenticated +Signed in\. +\[act_as sign_out]$/,
    /^expiring\.renewing +Renewing the token\. +\[sign_out]$/,
    /^refreshed +Signed in, with a renewed token\. +\[act_as sign_out]$/,
    /^masqueraded\.starting +Starting to act for somebody\. +\[act_as stop_acting sign_out]$/,
    /^masqueraded\.live +Acting for somebody\. +\[act_as stop_acting sign_out]$/,
    /^refreshed +Signed in, with a renewed token\. +\[act_as sign_out]$/,
    /^\{"issuedAt":\d+,"dueAt":\d+,"usableUntil":\d+,"expiresAt":\d+,"generation":2,"via":"renewal","rejected":false}$/,
    /^unauthenticated\.idle +Signed out\. +\[sign_in]$/,
  ],
  "inspector.ts": [
    "an actor, with its chart: true",
    'xstate.init: {"unauthenticated":"idle"}',
    'SignIn: {"unauthenticated":"signing_in"}',
    'Issued: "authenticated"',
    'SignOut: {"unauthenticated":"idle"}',
    'Closed: {"unauthenticated":"idle"}',
  ],
  "own-provider.ts": [
    "a token: 14 characters",
    "2 tenants, 2 tokens",
    "BadCredentials by acme-voice, code ACME-1017, remedy sign_in",
  ],
  "plain-http.ts": [
    "a token: true",
    "address: Use https://. If the PBX is in a private network and has no certificate, set the option plainHttp to true.",
    /^address: Use https:\/\/\. Plain http:\/\/ is only for this machine and for a private network: /,
  ],
  "redirect-sign-in.ts": ["another browser: 400", "authenticated", /^a token of \d+ characters$/],
  "device-sign-in.ts": [
    "unauthenticated, awaits provider",
    "unauthenticated, awaits device",
    "Enter a code at /device",
    "authenticated, awaits null",
    /^a token of \d+ characters$/,
    "unauthenticated, awaits null",
  ],
  "sangoma-cx.ts": [
    "scopes cx.agent-calls cx.queue-calls, good for 281 days",
    "GET /cx/agent-calls: 200",
    "GET /cx/digital-interactions: 403",
  ],
  "promise-refusals.ts": [
    /^BadCredentials -> sign_in: /,
    /^PasscodeRequired -> passcode: /,
    /^NotAllowed -> ask_administrator: /,
    /^Misconfigured -> configure: /,
    /^Unavailable -> retry: /,
    /^ {2}in [12] s$/,
    /^Unreadable -> report: /,
    /^ {2}in (599|600) s$/,
    /^Throttled -> wait: /,
    /^ {2}in (2\d|30) s$/,
  ],
  "each-reason.ts": [
    "BadCredentials: ask the person: your user name and password; see errors/bad-credentials",
    "BadPasscode: ask the person: the passcode that the authenticator shows now; see errors/bad-passcode",
    "ChallengeExpired: ask the person: your password, and then a new passcode; see errors/challenge-expired",
    "PasscodeRequired: ask the person: the passcode; see errors/passcode-required",
    "ClientRefused: wake the operator: check client id and secret; see errors/client-refused",
    /^Misconfigured: wake the operator: address: Use https:.*; see errors\/misconfigured$/,
    "RenewalRefused: ask the person: your password: this session is over; see errors/renewal-refused",
    "SignedOut: ask the person: your user name and password; see errors/signed-out",
    "NotAllowed: tell the person: ask your administrator for this right; see errors/not-allowed",
    /^StoreFailed: wake the operator: .*; see errors\/store-failed$/,
    /^Unavailable: come back in [12] s; see errors\/unavailable$/,
    "OutcomeUnknown: call again; see errors/outcome-unknown",
    "Unreadable: wake the operator: an answer that nobody can read, with the status 200; see errors/unreadable",
    /^Throttled: come back in (2\d|30) s; see errors\/throttled$/,
  ],
  "operations.ts": [
    /^\{"type":"opened","session":"[0-9a-f]{8}-1","name":"our (SkySwitch|IPEX)",/,
    /^\{"type":"opened","session":"[0-9a-f]{8}-2","name":"our (SkySwitch|IPEX)",/,
    /^\{"type":"signed_in","purpose":"sign_in",.*"state":"authenticated","generation":1}$/,
    /^\{"type":"rejected",.*"state":"expiring\.renewing","generation":1}$/,
    /^\{"type":"renewed","purpose":"renewal",.*"state":"refreshed","generation":2}$/,
    /^\{"type":"refused","purpose":"sign_in","reason":"BadCredentials","remedy":"sign_in",.*"name":"our IPEX",/,
    "degraded: ipex failing none_usable,needs_person; skyswitch ok ",
    'pbx_auth_sign_ins{pbx_auth_provider="skyswitch",pbx_auth_outcome="issued"} 1',
    'pbx_auth_sign_ins{pbx_auth_provider="ipex",pbx_auth_outcome="refused"} 1',
    /^pbx_auth_token_time_to_expiry\{pbx_auth_provider="skyswitch"} 3[56]\d\d(\.\d+)?$/,
    'pbx_auth_rejections{pbx_auth_provider="skyswitch"} 1',
    'pbx_auth_renewals{pbx_auth_provider="skyswitch",pbx_auth_outcome="issued"} 1',
    'pbx_auth_refusals{pbx_auth_provider="ipex",pbx_auth_purpose="sign_in",pbx_auth_reason="BadCredentials"} 1',
    /^\{"type":"closed",/,
    /^\{"type":"closed",/,
  ],
  "watching.ts": [
    /^\{"type":"opened","session":"[0-9a-f]{8}-1","name":"our IPEX",/,
    /^\{"type":"opened","session":"[0-9a-f]{8}-2","name":"our SkySwitch",/,
    /^\{"type":"signed_in","purpose":"sign_in",.*"state":"authenticated","generation":1}$/,
    /^\{"type":"rejected",.*"state":"expiring\.renewing","generation":1}$/,
    /^\{"type":"renewed","purpose":"renewal",.*"state":"refreshed","generation":2}$/,
    /^\{"type":"refused","purpose":"sign_in","reason":"BadCredentials","remedy":"sign_in",.*"name":"our IPEX",/,
    "degraded: ipex failing, skyswitch ok; 2 watched",
    'pbx_auth_sign_ins{pbx_auth_provider="skyswitch",pbx_auth_outcome="issued"} 1',
    'pbx_auth_sign_ins{pbx_auth_provider="ipex",pbx_auth_outcome="refused"} 1',
    'pbx_auth_rejections{pbx_auth_provider="skyswitch"} 1',
    'pbx_auth_renewals{pbx_auth_provider="skyswitch",pbx_auth_outcome="issued"} 1',
    'pbx_auth_refusals{pbx_auth_provider="ipex",pbx_auth_purpose="sign_in",pbx_auth_reason="BadCredentials"} 1',
    /^\{"type":"closed",.*"name":"our IPEX",/,
    /^\{"type":"closed",.*"name":"our SkySwitch",/,
  ],
  "graceful-shutdown.ts": [
    "stored: token 1, by sign_in",
    "renewing",
    "SIGTERM",
    "stored: token 2, by renewal",
    "the process ends",
  ],
  "shared-quota.ts": [
    "process 1: 3 calls, counted by: shared",
    "process 2: 3 calls, counted by: shared",
    "process 3: not now: client_minute is spent",
  ],
  "three-hundred-domains.ts": [
    "300 domains, each as its own user",
    "100@nowhere.12345.service: NotAllowed -> ask_administrator",
    /^(99|100) children are kept for a while, for whoever asks next$/,
    "602 requests, 0 of them answered 429",
    /^6\.\d minutes; with 90 requests a minute it cannot be less than 6$/,
  ],
  "refusals.ts": [
    "BadCredentials -> sign_in",
    /^ {2}\S/,
    "ClientRefused -> configure",
    /^ {2}\S/,
    "PasscodeRequired -> passcode",
    /^ {2}\S/,
    "Unavailable -> retry",
    /^ {2}\S/,
    "asking the person once more",
  ],
}

/** Each does what another example does, in another style or more often. */
const alike = [
  "acting-with-promises.ts",
  "bearer-fetch.ts",
  "jumping-an-hour.ts",
  "kept-with-promises.ts",
  "promise-refusals.ts",
  "promise-retry.ts",
  "refusals.ts",
  "second-factor-with-promises.ts",
  "testing-with-effect.ts",
  "three-hundred-domains.ts",
  "watching.ts",
]

/** Each counts in its process, gets signals or watches it, so that it has one of its own. The others share one. */
const apart = ["graceful-shutdown.ts", "inspector.ts", "operations.ts", "plain-promise.ts"]

/** Everything secret in the emulator's world, and the looks of its tokens: 32 or 64 hexadecimal digits, or a JWT. */
const secrets = [
  /\b(1234|5678|4321|246802|000000)\b/,
  /mypassword|basic-password|ipex-password|other-password/,
  /your-client-secret|sangoma-client-secret|a-guess/,
  /[0-9a-f]{32}/i,
  /eyJ/,
  /nsr_\w/,
]

const expectPrinted = (name: string, { exitCode, stderr, stdout }: Ran) => {
  expect(stderr, name).toBe("")
  const lines = stdout.trimEnd().split("\n")
  const expected = printed[name] ?? []
  expect(lines, name).toHaveLength(expected.length)
  expected.forEach((line, index) => {
    if (typeof line === "string") expect(lines[index], name).toBe(line)
    else expect(lines[index], name).toMatch(line)
  })
  for (const secret of secrets) expect(stdout, name).not.toMatch(secret)
  expect(exitCode, name).toBe(0)
}

/** The table of examples in docs/examples.md, from above. */
const tabled = () =>
  [...readFileSync(`${root}/docs/examples.md`, "utf8").matchAll(/^\|[^|]*\| \[[\w.-]+]\(examples\/([\w.-]+)\)/gm)].map(
    ([, name = ""]) => name,
  )

const json = async (address: string, path: string, init?: RequestInit) =>
  (await fetch(`${address}/__emulator/${path}`, init)).json()

/** All that an example can change of an emulator and others would notice. */
const stateOf = async (address: string) => {
  const { now } = await json(address, "clock", { method: "POST", body: '{"advance":0}' })
  const faults: ReadonlyArray<{ hits: number; times?: number | "always" }> = await json(address, "faults")
  return {
    world: await json(address, "world"),
    unspent: faults.filter(({ hits, times = 1 }) => times === "always" || hits < times),
    // Examples move it by minutes and more. No process here is given a minute to put it back.
    isClockBack: Math.abs(now - Date.now()) < 60_000,
  }
}

describe("examples", () => {
  let shared: Host | undefined
  afterAll(() => shared?.kill())

  it("are all run here", () => {
    const files = readdirSync(new URL("../examples", import.meta.url)).sort()
    expect(files).toEqual(Object.keys(printed).sort())
  })

  it("stand in the table of docs/examples.md, each once", () => {
    expect(tabled().sort()).toEqual(Object.keys(printed).sort())
    expect(tabled()).toEqual(expect.arrayContaining(alike))
  })

  // An example leaves its emulator as it was.
  const tried = (name: string, run: (name: string, address: string) => Promise<Ran>) =>
    withEmulator(async (address) => {
      const untouched = await stateOf(address)
      expectPrinted(name, await run(name, address))
      expect(await stateOf(address), name).toEqual(untouched)
    })
  const alone = (name: string) => tried(name, (name, address) => run(name, { PBX_AUTH_ADDRESS: address }))
  const fromSource = (name: string) =>
    tried(name, (name, address) => run(name, { PBX_AUTH_ADDRESS: address }, `docs/examples/${name}`))
  const together = (name: string) =>
    tried(name, async (name, address) => {
      shared ??= host()
      return { ...(await shared.run(name, address)), exitCode: 0 }
    })

  it.each(tabled().filter((name) => !alike.includes(name)))("%s", (name) =>
    apart.includes(name) ? alone(name) : together(name),
  )

  it("leave nothing that runs on: the process of them all ends by itself, and well", async () => {
    shared ??= host()
    expect(await shared.end()).toBe(0)
  })

  it.each(alike)("%s", { tags: ["matrix"] }, alone)

  // As a reader runs it. It takes twice as long to start.
  it.each(tabled().slice(0, 1))("%s, from its source", fromSource)

  it.each(tabled().slice(1))("%s, from its source", { tags: ["matrix"] }, fromSource)

  it("put the emulator back when they are interrupted", () =>
    withEmulator(async (address) => {
      const before = await stateOf(address)
      const child = spawn(process.execPath, [bundleOf("three-hundred-domains.ts")], {
        cwd: root,
        env: { ...process.env, NODE_OPTIONS: "", PBX_AUTH_ADDRESS: address },
        stdio: "ignore",
      })
      const ended = once(child, "exit")
      try {
        for (let asked = 0; asked < 100 && child.exitCode === null; ) asked = (await json(address, "journal")).length
        expect(await stateOf(address)).not.toEqual(before)
        child.kill("SIGINT")
        await ended
        expect(await stateOf(address)).toEqual(before)
      } finally {
        child.kill("SIGKILL")
      }
    }))
})
