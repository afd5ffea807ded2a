/** Requests as pages print them. */
import { assert, describe, it } from "@effect/vitest"
import { fromCurl, parametersOf } from "../src/testing/PageRequest.ts"

describe("a page's curl", () => {
  it("is read with its headers, its query and its body", () => {
    const text =
      "# Page\ncurl -X PUT '{origin}/a?b=c' \\\n-H 'X-One: 1' \\\n-u 'id:secret' -dx=1&y=2 \\\n--data-raw 'z=3'"
    assert.deepStrictEqual(fromCurl(text), {
      method: "PUT",
      path: "/a",
      query: { b: "c" },
      headers: { "x-one": "1", authorization: `Basic ${btoa("id:secret")}` },
      body: { x: "1", y: "2", z: "3" },
    })
    assert.throws(() => fromCurl("curl https://vendor.example/token"), /\{origin\}/)
  })

  it("is read however it writes its options", () => {
    const request = { method: "POST", path: "/token", query: {}, headers: {}, body: { a: "b c", d: "e&f=g" } }
    for (const text of [
      "curl '{origin}/token' --data 'a=b%20c' --data-urlencode 'd=e&f=g'",
      "curl {origin}/token -da=b+c -d'd=e%26f%3Dg'",
      `curl -d'a=b c&d=e%26f=g' -H'Content-Type:application/x-www-form-urlencoded' -H "ACCEPT: */*" --url "{origin}/token"`,
      "curl -sSL -XPOST --compressed {origin}/token --data-binary 'a=b c' --data-ascii 'd=e%26f=g'",
    ]) {
      assert.deepStrictEqual(fromCurl(text), request)
    }
    assert.deepStrictEqual(fromCurl("curl -G '{origin}/t?x=1' -d y=2"), {
      method: "GET",
      path: "/t",
      query: { x: "1", y: "2" },
      headers: {},
    })
  })

  it("is refused if an option is not known, because it may change the request", () => {
    assert.throws(() => fromCurl("curl --json '{}' '{origin}/token'"), TypeError, "--json")
    assert.throws(() => fromCurl("curl -Fa=b '{origin}/token'"), TypeError, "-Fa=b")
  })

  it("keeps a parameter that comes more than once, in a query as in a form", () => {
    const text = "curl '{origin}/token?a=1&a=2' -d 'b=3&c=4' -d b=5 -d __proto__=6"
    assert.deepInclude(fromCurl(text), {
      query: { a: ["1", "2"] },
      body: parametersOf([
        ["b", "3"],
        ["c", "4"],
        ["b", "5"],
        ["__proto__", "6"],
      ]),
    })
    assert.deepStrictEqual(Object.entries(parametersOf([["__proto__", "6"]])), [["__proto__", "6"]])
  })
})
