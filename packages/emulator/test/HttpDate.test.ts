import { assert, describe, it } from "@effect/vitest"
import { asctime, imfFixdate, rfc850 } from "../src/time/HttpDate.ts"

describe("A date in HTTP", () => {
  // The example of RFC 9110 section 5.6.7, in milliseconds.
  const example = 784_111_777_000

  it("has three forms", () => {
    assert.strictEqual(imfFixdate(example), "Sun, 06 Nov 1994 08:49:37 GMT")
    assert.strictEqual(rfc850(example), "Sunday, 06-Nov-94 08:49:37 GMT")
    assert.strictEqual(asctime(example), "Sun Nov  6 08:49:37 1994")
    assert.strictEqual(asctime(example + 7 * 86_400_000), "Sun Nov 13 08:49:37 1994")
  })

  it("exists for every time", () => {
    for (const time of [-1e300, -1, 0, 0.5, 1e300])
      assert.match(imfFixdate(time), /^\w{3}, \d\d \w{3} -?\d+ [\d:]{8} GMT$/)
  })
})
