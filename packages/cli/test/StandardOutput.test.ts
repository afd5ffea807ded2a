/** A result that cannot be written is a failure with words, never a success. */
import { closeSync, existsSync, openSync } from "node:fs"
import { assert, describe, it } from "@effect/vitest"
import * as StandardOutput from "../src/start/StandardOutput.ts"
import { start } from "./Process.ts"
import { accounts, served } from "./Served.ts"
import { toldFailure } from "./ToldFailure.ts"

const { origin } = await served()

/** The system's own full disk: each write to it fails with ENOSPC. */
const full = "/dev/full"

const onFullDisk = async (...args: ReadonlyArray<string>) => {
  const disk = openSync(full, "w")
  try {
    return await start(args, accounts.reseller, [], disk).exit
  } finally {
    closeSync(disk)
  }
}

describe.skipIf(!existsSync(full))("on a full disk", () => {
  for (const args of [
    ["token", "skyswitch", "--address", origin],
    ["inspect", "skyswitch", "--address", origin],
    ["token", "--help"],
    ["--version"],
    ["emulator", "--port", "0"],
  ]) {
    const tags = ["inspect", "emulator"].includes(args[0] ?? "") ? ["matrix"] : []
    it(`${args[0]} ${args[1] ?? ""} fails, and says so in one line`, { tags }, async () => {
      const { code, stderr } = await onFullDisk(...args)
      assert.strictEqual(code, 2, stderr)
      assert.match(stderr, /^pbx-auth: There is no room for the output \(ENOSPC\)[^\n]+\n$/)
    })
  }

  it("token --json fails as JSON", async () => {
    const { code, stderr } = await onFullDisk("token", "skyswitch", "--address", origin, "--json")
    assert.strictEqual(code, 2)
    const report = toldFailure(stderr)
    assert.deepInclude(report, { error: "OutputFailed", remedy: "configure", exit_code: 2 })
  })
})

describe("a file that takes only a part of what is written", () => {
  it("is given the rest", () => {
    const taken: Array<string> = []
    const left = StandardOutput.writeAtOnce((bytes) => {
      taken.push(new TextDecoder().decode(bytes.subarray(0, 4)))
      return Math.min(4, bytes.length)
    }, "0123456789\n")
    assert.deepStrictEqual(taken, ["0123", "4567", "89\n"])
    assert.lengthOf(left, 0)
  })

  it("is left to the stream when a pipe is full", () => {
    let room = 5
    const left = StandardOutput.writeAtOnce((bytes) => {
      if (room === 0) throw Object.assign(new Error("try again"), { code: "EAGAIN" })
      const some = Math.min(room, bytes.length)
      room -= some
      return some
    }, "0123456789\n")
    assert.strictEqual(new TextDecoder().decode(left), "56789\n")
  })

  it("fails when it takes no more", () => {
    let room = 5
    assert.throws(() =>
      StandardOutput.writeAtOnce((bytes) => {
        if (room === 0) throw Object.assign(new Error("no space left"), { code: "ENOSPC" })
        const some = Math.min(room, bytes.length)
        room -= some
        return some
      }, "0123456789\n"),
    )
  })
})
