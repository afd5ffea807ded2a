/** Plain http in a private network: which hosts, for which providers, and that nobody gets it who did not ask. */
import { assert, describe, it } from "@effect/vitest"
import * as Redacted from "effect/Redacted"
import * as Result from "effect/Result"
import { configure } from "../src/configuration/Configuration.ts"
import { optionsOf } from "../src/configuration/OptionList.ts"
import { defineProvider } from "../src/definition/Definition.ts"
import type { Provider } from "../src/description/Provider.ts"
import { standard } from "../src/reply/ShapedReply.ts"
import { authorizationUrl } from "../src/request/AuthorizationRequest.ts"
import { challengeOf, deviceAuthorization } from "../src/request/DeviceAuthorization.ts"
import { delegated, provider as freepbx } from "../src/vendors/FreePbx.ts"
import { modules } from "../src/vendors/ProviderModules.ts"
import * as SkySwitch from "../src/vendors/SkySwitch.ts"
import { provider as threeCx } from "../src/vendors/ThreeCx.ts"
import { provider as yeastar } from "../src/vendors/Yeastar.ts"

const client = { id: "made-up-id", secret: "made-up-secret" }

const outcomeOf = (provider: Provider, options: object) =>
  Result.match(configure(provider, { client, ...options }), {
    onSuccess: ({ account: { address } }) => address.origin + address.prefix,
    onFailure: ({ reason }) =>
      reason._tag === "Misconfigured" ? `${reason.field}: ${reason.fix}` : assert.fail(reason._tag),
  })

const inClear = (address: string) => outcomeOf(threeCx, { address, plainHttp: true })

describe("plain http, asked for", () => {
  it("goes to an address or a name of a private network, in every spelling", () => {
    for (const [address, origin] of [
      ["http://10.0.0.1", "http://10.0.0.1"],
      ["http://10.255.255.255:5000", "http://10.255.255.255:5000"],
      ["http://172.16.0.1", "http://172.16.0.1"],
      ["http://172.31.255.1", "http://172.31.255.1"],
      ["http://192.168.1.10:5000/", "http://192.168.1.10:5000"],
      ["HTTP://192.168.1.10", "http://192.168.1.10"],
      // The same addresses, as numbers may be written in a URL.
      ["http://0xC0.168.1.10", "http://192.168.1.10"],
      ["http://167772161", "http://10.0.0.1"],
      ["http://10.1", "http://10.0.0.1"],
      ["http://192.168.1.10.", "http://192.168.1.10"],
      ["http://[fd12:3456::1]:5000", "http://[fd12:3456::1]:5000"],
      ["http://[FC00:0::1]", "http://[fc00::1]"],
      ["http://pbx", "http://pbx"],
      ["http://PBX:5000", "http://pbx:5000"],
      ["http://pbx.local", "http://pbx.local"],
      ["http://pbx.local.", "http://pbx.local."],
      ["http://pbx.office.home.arpa", "http://pbx.office.home.arpa"],
      ["http://Pbx.Internal", "http://pbx.internal"],
      // 80 is the port of http, and 443 is not.
      ["http://192.168.1.10:80", "http://192.168.1.10"],
      ["http://192.168.1.10:443", "http://192.168.1.10:443"],
    ] as const) {
      assert.strictEqual(inClear(address), origin, address)
    }
  })

  it("goes nowhere else, whatever the address looks like", () => {
    for (const address of [
      "http://pbx.example.com",
      "http://11.0.0.1",
      "http://172.15.0.1",
      "http://172.32.0.1",
      "http://192.169.0.1",
      "http://192.168.1.10.example.com",
      "http://10.example.com",
      "http://100.64.0.1",
      "http://169.254.1.1",
      "http://0.0.0.0",
      "http://[fe80::1]",
      "http://[fc::1]",
      "http://[2001:db8::fd00:1]",
      "http://[::ffff:10.0.0.1]",
      "http://pbx.local.example.com",
      "http://pbxlocal.com",
      "http://pbx.lan",
      "http://home.arpa.example.com",
      "http://internal.example.com",
      "http://pbx.",
      "http://to",
      "http://xn--p1ai",
      "http://localhost.",
    ]) {
      assert.match(inClear(address), /^address: Use https:\/\/\. Plain http:\/\/ is only for this machine and/, address)
    }
    for (const address of [
      "http:/10.0.0.1",
      "http:10.0.0.1",
      "http:\\\\10.0.0.1",
      "http://10.0.0.1\\x",
      "http://10.0.0.1\n@pbx.example.com",
      "http://10.0.0.1\n",
      " http://10.0.0.1",
      "http://10.0.0.1?x",
      "http://10.0.0.1#x",
      "http://10.0.0.1/other",
      "http://10.0.0.1/x/..",
      "http://",
      "http://pbx.example.com@10.0.0.1",
      "ftp://10.0.0.1",
      "ws://10.0.0.1",
    ]) {
      assert.match(inClear(address), /^address: /, address)
    }
  })

  it("keeps the prefix, and this machine and https as they were", () => {
    const at = (address: string, more = {}) => outcomeOf(freepbx, { address, plainHttp: true, ...more })
    assert.strictEqual(at("http://10.0.0.1"), "http://10.0.0.1/admin/api/api")
    assert.strictEqual(at("http://10.0.0.1/admin/api/api/"), "http://10.0.0.1/admin/api/api")
    assert.strictEqual(at("http://10.0.0.1:8080/x", { prefix: "/x" }), "http://10.0.0.1:8080/x")
    assert.match(at("http://10.0.0.1/x"), /^address: The endpoints are looked for under/)
    for (const address of [
      "http://127.0.0.1:4000",
      "http://[::1]",
      "http://localhost",
      "https://10.0.0.1",
      "https://a.example",
    ]) {
      for (const plainHttp of [true, false, undefined]) {
        assert.strictEqual(outcomeOf(threeCx, { address, plainHttp }), address)
      }
    }
    // A host without a scheme is https, also in a private network.
    assert.strictEqual(inClear("10.0.0.1"), "https://10.0.0.1")
  })
})

describe("plain http, not asked for", () => {
  it("is refused, and the option is named where it would help", () => {
    for (const plainHttp of [undefined, false]) {
      assert.strictEqual(
        outcomeOf(threeCx, { address: "http://10.0.0.1", plainHttp }),
        "address: Use https://. If the PBX is in a private network and has no certificate, set the option plainHttp to true.",
      )
      assert.notInclude(outcomeOf(threeCx, { address: "http://pbx.example.com", plainHttp }), "plainHttp")
    }
    assert.strictEqual(
      outcomeOf(threeCx, { address: "http://10.0.0.1", plainHttp: "yes" }),
      "plainHttp: Expected true or false.",
    )
  })

  it("is no option of a provider that does not offer it", () => {
    const offering = modules
      .flatMap((module) => Object.values(module as Readonly<Record<string, unknown>>))
      .filter((one): one is Provider => typeof one === "object" && one !== null && "addresses" in one)
      .filter((provider) => optionsOf(provider).some(({ name }) => name === "plainHttp"))
    assert.deepStrictEqual(offering.map(({ id }) => id).sort(), ["3cx", "freepbx", "freepbx-delegated", "yeastar"])
    for (const provider of [threeCx, yeastar, freepbx, delegated]) assert.include(offering, provider)

    const address = "http://10.0.0.1"
    const skyswitch = (options: object) => SkySwitch.configure({ address, client, ...options })
    const fixOf = (options: object) => Result.match(skyswitch(options), { onSuccess: () => "", onFailure: String })
    assert.match(fixOf({}), /Plain http:\/\/ is for this machine alone/)
    assert.match(fixOf({ plainHttp: true }), /"plainHttp"\. SkySwitch has no such option/)
  })

  it("never repeats what stands in the address", () => {
    for (const address of [
      "http://canary:canary@10.0.0.1",
      "http://canary@pbx.local",
      "http://10.0.0.1/canary",
      "http://canary.example.com",
    ]) {
      for (const plainHttp of [true, undefined]) {
        const refused = configure(threeCx, { client, address, plainHttp })
        assert.isTrue(Result.isFailure(refused))
        assert.notInclude(String(Result.isFailure(refused) && refused.failure.message), "canary")
      }
    }
  })
})

/** A vendor whose replies tell the origin of its API. */
const telling = defineProvider({
  id: "on-premises",
  name: "On Premises",
  page: "https://vendor.example/tokens",
  addresses: { plainHttpOption: true },
  clientAuthentication: "none",
  clientSecret: "none",
  signsInWith: "client",
  renewsWith: "sign_in",
  defaultLifetime: 3_600_000,
  authorization: { path: "/authorize" },
  reply: { origin: { field: "api", below: ["home.arpa", "10.0.0.1", "127.0.0.1"] } },
  grants: { ClientCredentials: () => ({ method: "POST", path: "/token", encoding: "form", fields: [] }) },
})

const wrong = (plainHttpOption: unknown) =>
  outcomeOf(
    { ...telling, addresses: { ...telling.addresses, plainHttpOption: plainHttpOption as boolean } },
    {
      address: "https://pbx.local",
    },
  )

describe("a value that offers plain http", () => {
  it("says so by true, and by nothing that only looks like it", () => {
    for (const one of ["yes", 1, null, {}]) {
      assert.match(wrong(one), /^provider: Expected as addresses\.plainHttpOption true or false/)
    }
  })

  it("is told no origin in clear by a reply, whatever the account's address is", () => {
    const told = (api: string) => {
      const reply = standard({ access_token: "a", api }, telling, 0)
      return Object.getOwnPropertySymbols(reply)
        .map((name) => (reply as never)[name])
        .find((origin) => origin !== undefined)
    }
    assert.strictEqual(told("https://api.home.arpa"), "https://api.home.arpa")
    assert.strictEqual(told("http://127.0.0.1:4000"), "http://127.0.0.1:4000")
    for (const api of ["http://api.home.arpa", "http://10.0.0.1", "HTTP://api.home.arpa:8080"]) {
      assert.isUndefined(told(api), api)
    }
  })

  const account = (address: string) =>
    Result.getOrThrow(telling.configure({ address, plainHttp: true, client: { id: "made-up-id" } })).account

  it("sends a browser to a page at the account's own origin", () => {
    const request = { redirectUri: "http://127.0.0.1:1/", state: "s", codeChallenge: "c" }
    const page = authorizationUrl(account("http://pbx.local:5000"), request)
    assert.match(String(page && Redacted.value(page)), /^http:\/\/pbx\.local:5000\/authorize\?/)
  })

  it("shows the page of a device sign-in at the account's own origin, and at no other one in clear", () => {
    const reply = { device_code: "d", user_code: "U", expires_in: 600 }
    const shown = (verification_uri: string, own?: string) =>
      deviceAuthorization([], own).read({ ...reply, verification_uri })
    const own = "http://pbx.local:5000"
    assert.isDefined(shown(`${own}/device`, own))
    assert.isDefined(shown("https://vendor.example/device", own))
    for (const page of [
      "http://pbx.local/device",
      "http://pbx.local:5001/device",
      "http://other.local:5000/device",
      "http://10.0.0.1/device",
      "http://canary@pbx.local:5000/device",
      "ftp://pbx.local:5000/device",
    ]) {
      assert.isUndefined(shown(page, own), page)
    }
    assert.isUndefined(shown(`${own}/device`))
    assert.isUndefined(shown(`${own}/device`, "https://pbx.local:5000"))
    const complete = { ...reply, verification_uri: `${own}/device`, verification_uri_complete: `${own}/device?code=U` }
    assert.isDefined(challengeOf(complete, own)?.completeUrl)
  })
})
