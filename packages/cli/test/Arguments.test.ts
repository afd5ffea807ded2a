/** How arguments are read: what is typed in which form. */
import { assert, describe, it } from "@effect/vitest"
import * as Arguments from "../src/grammar/Arguments.ts"
import { commands } from "../src/grammar/Grammar.ts"

const given = (...args: ReadonlyArray<string>) => {
  const read = Arguments.read(args)
  assert.isTrue("given" in read, JSON.stringify(read))
  return "given" in read ? { ...read.given } : {}
}

const problem = (...args: ReadonlyArray<string>) => {
  const read = Arguments.read(args)
  return read.wants === "mistake" ? read.problem : read.wants
}

describe("a flag", () => {
  it("has its value behind it, or behind =", () => {
    const expected = { argument: "ipex", address: "a.example", actAs: "x=y" }
    assert.deepStrictEqual(given("token", "ipex", "--address", "a.example", "--act-as", "x=y"), expected)
    assert.deepStrictEqual(given("token", "--address=a.example", "--act-as=x=y", "ipex"), expected)
  })

  it("may have a value that looks like a flag behind = alone", () => {
    assert.deepStrictEqual(given("token", "ipex", "--act-as=--json"), { argument: "ipex", actAs: "--json" })
    assert.strictEqual(problem("token", "ipex", "--act-as", "--json"), "--act-as takes SUBJECT.")
    assert.strictEqual(problem("token", "ipex", "--act-as"), "--act-as takes SUBJECT.")
  })

  it("is on, off, or not given", () => {
    for (const on of [["--json"], ["--json=true"], ["--json", "yes"], ["--json=1"], ["--no-json", "--json"]]) {
      assert.deepStrictEqual(given("token", ...on, "ipex"), { argument: "ipex", json: true }, on.join(" "))
    }
    for (const off of [["--no-json"], ["--json=no"], ["--json", "false"]]) {
      assert.deepStrictEqual(given("token", ...off, "ipex"), { argument: "ipex", json: false }, off.join(" "))
    }
    assert.deepStrictEqual(given("token", "ipex"), { argument: "ipex" })
    assert.strictEqual(problem("token", "ipex", "--json=maybe"), "--json takes true or false.")
    assert.strictEqual(problem("token", "ipex", "--no-json=true"), "--no-json takes no value.")
    assert.match(problem("token", "ipex", "--no-address"), /no --no-address here/)
  })

  it("may be given several times where it says so, and else once", () => {
    const faults = given("emulator", "--port", "0", "--fault", "a", "--fault=b")
    assert.deepStrictEqual(faults, { argument: undefined, port: "0", fault: ["a", "b"], witness: [] })
    const without = { argument: undefined, port: "0", fault: [], witness: [] }
    assert.deepStrictEqual(given("emulator", "--port", "0"), without)
    assert.strictEqual(problem("emulator", "--port", "1", "--port", "2"), "--port takes at most 1 value.")
  })

  it("is none behind --", () => {
    assert.deepStrictEqual(given("token", "--", "ipex"), { argument: "ipex" })
    assert.match(problem("token", "ipex", "--", "--json"), /argument too many/)
  })

  it("belongs to another program behind --, if the command runs one", () => {
    const read = given("exec", "--profile", "office", "--", "curl", "--json", "{}", "--")
    assert.deepStrictEqual(read, { argument: undefined, profile: "office", rest: ["curl", "--json", "{}", "--"] })
  })

  it("stands behind its command", () => {
    assert.match(problem("--json", "token", "ipex"), /no --json here/)
    assert.match(problem("--address", "x", "token", "ipex"), /no --address here/)
  })

  it("is known by the table alone, not by what every object has", () => {
    for (const name of ["constructor", "toString", "__proto__"]) {
      assert.match(problem("token", "ipex", `--${name}`), /^There is no /)
      assert.match(problem("token", "ipex", `--${name}=x`), /^There is no /)
      assert.match(problem(name), /no such command/)
      assert.match(problem("token", name), /PROVIDER takes/)
    }
  })
})

it("help and version are had at any place, beside any mistake", () => {
  for (const args of [["--help"], ["-h"], ["tokens", "--help"], ["token", "--wrong", "-h"], ["-hv"]]) {
    assert.strictEqual(Arguments.read(args).wants, "help")
  }
  for (const args of [["--version"], ["-v"], ["token", "ipex", "more", "--version"]]) {
    assert.strictEqual(Arguments.read(args).wants, "version")
  }
  assert.strictEqual(Arguments.read(["--help=false"]).wants, "help", "for want of a command")
  assert.strictEqual(problem("token", "ipex", "--help=false"), "token")
  assert.strictEqual(Arguments.read(["token", "--completions", "zsh"]).wants, "completions")
  assert.match(problem("--completions", "csh"), /--completions takes bash, zsh/)
})

it("every command of the table can be read", () => {
  const minimal = {
    token: ["ipex"],
    inspect: ["skyswitch"],
    emulator: ["--port", "0"],
    tour: [],
    login: [],
    "act-as": ["someone@example.test"],
    exec: ["--", "true"],
    status: [],
    keep: [],
    logout: [],
    profiles: [],
    man: [],
  }
  assert.sameMembers([...Object.keys(minimal), "completion", "help"], Object.keys(commands))
  assert.deepStrictEqual(Arguments.read(["completion", "zsh"]), { wants: "completions", shell: "zsh" })
  assert.deepStrictEqual(Arguments.read(["help", "keep"]), { wants: "help", of: "keep", isAsked: true })
  assert.deepStrictEqual(Arguments.read(["help"]), { wants: "help", of: undefined, isAsked: true })
  assert.match(problem("help", "nobody"), /no such command/)
  for (const [name, args] of Object.entries(minimal)) assert.strictEqual(Arguments.read([name, ...args]).wants, name)
})
