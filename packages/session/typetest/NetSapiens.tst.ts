/** An operator's capabilities are the methods of its service, and of its promise face. */

import type { AuthError } from "@pbx-auth/providers/AuthError"
import type { HttpClient } from "effect/http/HttpClient"
import type * as Layer from "effect/Layer"
import { describe, expect, test } from "tstyche"
import * as NetSapiens from "../src/NetSapiens.ts"
import { openNetSapiens } from "../src/Promises.ts"
import type * as Session from "../src/Session.ts"

class Somewhere extends NetSapiens.Service<Somewhere>()("test/Somewhere", {
  address: "portal.example.com",
  capabilities: ["passcode", "inspect"],
}) {}
class Anywhere extends NetSapiens.Service<Anywhere>()("test/Anywhere", { capabilities: ["act_as"] }) {}
declare const somewhere: Session.Of<"passcode" | "inspect">
const client = { id: "id", secret: "secret" }

describe("an operator", () => {
  test("has what it offers, and no more", () => {
    expect<(typeof Somewhere)["Service"]>().type.toBe<typeof somewhere>()
    expect<(typeof Somewhere)["Service"]>().type.not.toHaveProperty("actAs")
    expect<(typeof Anywhere)["Service"]>().type.toHaveProperty("actAs")
    expect<(typeof Anywhere)["Service"]>().type.not.toHaveProperty("submitPasscode")
  })

  test("whose address is not known asks for it", () => {
    expect(Somewhere.layer({ client })).type.toBe<Layer.Layer<Somewhere, AuthError, HttpClient>>()
    expect(Anywhere.layer({ address: "portal.example.com", client })).type.toBe<
      Layer.Layer<Anywhere, AuthError, HttpClient>
    >()
    expect(Anywhere.layer).type.not.toBeCallableWith({ client })
  })

  test("is written out for a session in promises", () => {
    const open = () => openNetSapiens({ address: "portal.example.com", client, capabilities: ["inspect"] })
    expect<Awaited<ReturnType<typeof open>>>().type.toHaveProperty("inspect")
    expect<Awaited<ReturnType<typeof open>>>().type.not.toHaveProperty("actAs")
  })
})
