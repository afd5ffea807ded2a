import { assert, describe, it } from "@effect/vitest"
import { byExtension, type Holder } from "../src/description/Naming.ts"

const holder = (uid?: string, username?: string): Holder => ({
  identity: uid === undefined ? {} : { uid },
  claims: {},
  username,
})
const own = holder("1000@acmecorp.12345.service", "1000@acmecorp")

describe("an extension without a domain", () => {
  it("is one of the account's own domain", () => {
    assert.isTrue(byExtension.isOwn("1000", own))
    assert.isFalse(byExtension.isOwn("1001", own))
    assert.strictEqual(byExtension.named("1001", own, holder("1001@acmecorp")), "subject")
    assert.strictEqual(byExtension.named("1001", own, holder("1001@other.1.service")), "other_user")
    assert.strictEqual(byExtension.named("1000", own, holder("1000@ACMECORP.12345.service")), "account")
  })

  it("is compared alone where nothing is known of the account's domain", () => {
    const unknown = holder(undefined, "someone@example.test")
    assert.strictEqual(byExtension.named("1001", unknown, holder("1001@acmecorp")), "subject")
    assert.strictEqual(byExtension.named("1001", unknown, holder("1002@acmecorp")), "other_user")
  })
})

describe("a user of a domain", () => {
  it("is told from the account and from others by extension and first label, letters' case aside", () => {
    const subject = "1001@acmecorp.12345.service"
    assert.strictEqual(byExtension.named(subject, own, holder("1001@AcmeCorp")), "subject")
    assert.strictEqual(byExtension.named(subject, own, holder("1000@acmecorp")), "account")
    assert.strictEqual(byExtension.named(subject, own, holder("1002@acmecorp")), "other_user")
    assert.strictEqual(byExtension.named(subject, own, holder("xxx xxx@yyy")), "subject")
  })
})
