import { assert, describe, it } from "@effect/vitest"
import { inside } from "./Inside.ts"
import { run } from "./Process.ts"
import { accounts, answering, deserted, served } from "./Served.ts"

const { origin } = await served()
const { origin: banning } = await served({ netsapiens: { refusal: { status: 403, body: "html" } } })
const unreadable = await answering(200, { "content-type": "application/json" }, '{"greeting": "hello"}')
const oddSecret = { ...accounts.sangomaCx, PBX_AUTH_CLIENT_SECRET: "p+q 100%" }
const { origin: formOnly } = await served({
  sangomaCx: {
    clients: [{ id: "sangoma-client-id", secret: "p+q 100%", scopes: ["cx.agent-calls", "cx.queue-calls"] }],
    basicEncoding: "form",
  },
})
const throttling = await answering(429, { "retry-after": "3600" }, "")
const broken = await answering(503, { "content-type": "text/html" }, "<h1>Out of order</h1>")

type Told = Awaited<ReturnType<typeof inside>> | Awaited<ReturnType<typeof run>>

/** The command inside of the test's process, or in one of its own. */
type How = (args: ReadonlyArray<string>, env: Readonly<Record<string, string>>) => Promise<Told>

const token =
  (address: string, env: Readonly<Record<string, string>>, ...args: ReadonlyArray<string>) =>
  (how: How) =>
    how(["token", ...(args.length === 0 ? ["skyswitch"] : args), "--address", address], env)

const { PBX_AUTH_PASSCODE: _, ...withoutPasscode } = accounts.withFactor

/** Each remedy, by as many ways as lead to it from a command. */
const ways: Record<
  string,
  { readonly code: number; readonly says: RegExp; readonly ran: (how: How) => Promise<Told> }
> = {
  "a token": { code: 0, says: /^$/, ran: token(origin, accounts.withFactor) },
  "an answer that is none": {
    code: 1,
    says: /not what its page promises.*report/,
    ran: token(unreadable, accounts.reseller),
  },
  "a wrong client": {
    code: 2,
    says: /Check the client id and the client secret.*PBX_AUTH_CLIENT_SECRET/,
    ran: token(origin, { ...accounts.reseller, PBX_AUTH_CLIENT_SECRET: "wrong" }),
  },
  "a client that HTTP Basic can write in two ways": {
    code: 2,
    says: /set the option basicEncoding to "form".*\(PBX_AUTH_CLIENT_ID, PBX_AUTH_CLIENT_SECRET, --basic-encoding\)/,
    ran: token(formOnly, oddSecret, "sangoma-cx"),
  },
  "the same client, written in the other way": {
    code: 0,
    says: /^$/,
    ran: token(formOnly, oddSecret, "sangoma-cx", "--basic-encoding", "form"),
  },
  "a way of writing HTTP Basic that there is not": {
    code: 2,
    says: /--basic-encoding takes raw, form/,
    ran: token(formOnly, oddSecret, "sangoma-cx", "--basic-encoding", "base64"),
  },
  "HTTP Basic where there is none": {
    code: 2,
    says: /SkySwitch takes no client by HTTP Basic\. Leave --basic-encoding out\./,
    ran: token(origin, accounts.reseller, "skyswitch", "--basic-encoding", "form"),
  },
  "a wrong scope": {
    code: 2,
    says: /PBX_AUTH_SCOPES|scope/,
    ran: token(origin, { ...accounts.sangomaCx, PBX_AUTH_SCOPES: "cx.unknown" }, "sangoma-cx"),
  },
  "an address without TLS": {
    code: 2,
    says: /^pbx-auth: --address: Use https:/,
    ran: token("http://pbx.example.com", accounts.reseller),
  },
  "a wrong password": {
    code: 3,
    says: /refused the username or the password.*PBX_AUTH_PASSWORD/,
    ran: token(origin, { ...accounts.reseller, PBX_AUTH_PASSWORD: "wrong" }),
  },
  "a wrong passcode": {
    code: 4,
    says: /refused the passcode.*PBX_AUTH_PASSCODE/,
    ran: token(origin, { ...accounts.withFactor, PBX_AUTH_PASSCODE: "000000" }),
  },
  "no passcode": { code: 4, says: /second factor.*PBX_AUTH_PASSCODE/, ran: token(origin, withoutPasscode) },
  "a second factor that the page does not describe": {
    code: 4,
    says: /second factor, which this provider's page does not describe/,
    ran: token(origin, accounts.withFactor, "landstar"),
  },
  "a missing right to impersonate": {
    code: 5,
    says: /Ask the administrator/,
    ran: token(origin, accounts.ipexWithoutRight, "ipex", "--act-as", "api-user@example.test"),
  },
  "a user who cannot be masqueraded": {
    code: 5,
    says: /Ask the administrator/,
    ran: token(origin, accounts.officeManager, "skyswitch", "--act-as", "222@abc-company.12345.service"),
  },
  "a limit": {
    code: 6,
    says: /pause.*Not before \d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ\./,
    ran: token(throttling, accounts.reseller),
  },
  "a firewall's ban": {
    code: 6,
    says: /firewall.*Not before/,
    ran: token(banning, { ...accounts.reseller, PBX_AUTH_PASSWORD: "wrong" }),
  },
  "a server that is failing": { code: 7, says: /Try again/i, ran: token(broken, accounts.reseller) },
  "a port that nobody listens on": {
    code: 7,
    says: /Try again/i,
    ran: token(await deserted(), accounts.reseller),
  },
}

/** A process of its own takes ten times as long, so `npm test` starts one for these alone: a token, an error, and one with a time. */
const apart = ["a token", "a wrong password", "a limit"]

describe.concurrent("exit code", () => {
  const tried = async (how: How, name: string) => {
    const { code, ran, says } = ways[name] ?? assert.fail(name)
    const { stderr, stdout, ...rest } = await ran(how)
    assert.strictEqual(rest.code, code, stderr)
    assert.match(stderr, says)
    if (code === 0) return
    assert.strictEqual(stdout, "")
    assert.match(stderr, /^pbx-auth: [^\n]+\n$/, "one line")
    assert.notMatch(stderr, /\bat |Error:|cause|undefined/, "no stack, no dump")
  }

  for (const [name, { code }] of Object.entries(ways)) {
    const isApart = apart.includes(name)
    it(`${code}: ${name}`, () => tried(isApart ? run : inside, name))
    if (!isApart) it(`${code}: ${name}, in a process of its own`, { tags: ["matrix"] }, () => tried(run, name))
  }
})
