import { assert, describe, it } from "@effect/vitest"
import { openEmulator } from "../src/emulator/OpenEmulator.ts"
import type { WorldInput } from "../src/world/World.ts"
import { ipex, netsapiens as ns } from "./Served.ts"

const epoch = Date.UTC(2026, 0, 1)
const hour = 3_600_000

const post = (form: Record<string, string>, signal?: AbortSignal): RequestInit => ({
  method: "POST",
  body: new URLSearchParams(form),
  ...(signal && { signal }),
})

const steered = (world: WorldInput = {}) => openEmulator({ world, clock: "steered", startsAt: epoch })

const url = `https://vendor.example.test${ns.token}`

const rejection = (promise: Promise<unknown>) =>
  promise.then(
    () => assert.fail("it resolved"),
    (error: unknown) => error,
  )

describe("An open emulator", () => {
  it("answers any host, and tells what came of it", async () => {
    await using vendor = steered()
    const reply = await vendor.fetch(url, post(ns.password))
    assert.strictEqual(((await reply.json()) as { expires_in: number }).expires_in, 3600)
    const [entry] = await vendor.journal()
    assert.deepInclude(entry, { at: epoch, grant: "password", outcome: "issued", status: 200 })
  })

  it("takes parts of a world, and refuses a wrong one by name", async () => {
    await using vendor = steered({ ipex: { rotation: "strict", lifetime: 60 } })
    const reply = await vendor.fetch("https://any.example.test/token", post(ipex.password))
    assert.strictEqual(((await reply.json()) as { expires_in: number }).expires_in, 60)
    const tag = (error: unknown) => (error as { _tag: string })._tag
    try {
      // @ts-expect-error: no such rotation
      openEmulator({ world: { ipex: { rotation: "sometimes" } } })
      assert.fail("it opened")
    } catch (error) {
      assert.strictEqual(tag(error), "WorldError")
      assert.match(String((error as Error).message), /world\.ipex\.rotation/)
    }
    // @ts-expect-error: no such section
    assert.strictEqual(tag(await rejection(vendor.updateWorld({ nobody: 1 }))), "WorldError")
    // @ts-expect-error: no such fault
    assert.strictEqual(tag(await rejection(vendor.arm({ fault: { _tag: "no_such_fault" } }))), "FaultError")
    await vendor.updateWorld({ netsapiens: { lifetime: 7 } })
    const short = await vendor.fetch(url, post(ns.password))
    assert.strictEqual(((await short.json()) as { expires_in: number }).expires_in, 7)
  })

  it("refuses times that are none", async () => {
    // @ts-expect-error: a clock of another name
    assert.throws(() => openEmulator({ clock: "fast" }), RangeError, "clock:")
    assert.throws(() => openEmulator({ startsAt: Number.NaN }), RangeError, "startsAt:")
    await using vendor = steered()
    for (const by of [-1, Number.NaN, Number.POSITIVE_INFINITY]) {
      assert.instanceOf(await rejection(vendor.jump(by)), RangeError)
    }
    assert.strictEqual(vendor.clock.now(), epoch)
  })

  it("rejects as fetch does when the connection ends, before the answer and in it", async () => {
    await using vendor = steered()
    await vendor.arm([{ fault: { _tag: "drop_reply" } }, { fault: { _tag: "reset_after_read" } }])
    for (const acted of [true, false]) {
      assert.instanceOf(await rejection(vendor.fetch(url, post(ns.password))), TypeError)
      assert.strictEqual((await vendor.journal()).at(-1)?.acted, acted)
    }
    await vendor.arm({ fault: { _tag: "reset_in_body" } })
    const cut = await vendor.fetch(url, post(ns.password))
    assert.instanceOf(await rejection(cut.text()), TypeError)
    await vendor.arm({ fault: { _tag: "firewall" }, times: "always" })
    await vendor.disarm()
    assert.strictEqual((await vendor.fetch(url, post(ns.password))).status, 200)
  })

  it("lets a request hang until its signal aborts, by the steered clock", async () => {
    await using vendor = steered()
    await vendor.arm({ fault: { _tag: "hang" } })
    const deadline = new AbortController()
    const timer = vendor.clock.sleep(15_000).then(() => deadline.abort(new Error("my deadline")))
    const errors: Array<unknown> = []
    const asked = vendor.fetch(url, post(ns.password, deadline.signal)).catch((reason) => {
      errors.push(reason)
    })
    await vendor.jump(14_999)
    assert.deepStrictEqual(errors, [])
    await vendor.jump(1)
    assert.deepStrictEqual(errors, [new Error("my deadline")])
    await Promise.all([timer, asked])
  })

  it("ends open requests when it closes, and refuses later ones", async () => {
    const vendor = steered()
    await vendor.arm({ fault: { _tag: "hang" } })
    const hanging = rejection(vendor.fetch(url, post(ns.password)))
    await vendor.jump(0)
    await vendor.close()
    await vendor.close()
    assert.instanceOf(await hanging, TypeError)
    const refused = await rejection(vendor.fetch(url, post(ns.password)))
    assert.strictEqual(((refused as TypeError).cause as { code: string }).code, "ECONNREFUSED")
  })
})

describe("A jump", () => {
  it("stops at each deadline on the way, in its order, until all that follows has run", async () => {
    await using vendor = steered()
    const seen: Array<string> = []
    const at = () => vendor.clock.now() - epoch
    const everyTenMinutes = async () => {
      for (let times = 0; times < 20; times++) {
        await vendor.clock.sleep(600_000)
        const reply = await vendor.fetch(url, post(ns.password))
        await reply.json()
        seen.push(`asked ${at()}`)
      }
    }
    void everyTenMinutes()
    void vendor.clock.sleep(1_500_000).then(() => seen.push(`woke ${at()}`))
    const { stops, leapt } = await vendor.jump(hour / 2)
    assert.deepStrictEqual(seen, ["asked 600000", "asked 1200000", "woke 1500000", "asked 1800000"])
    assert.deepStrictEqual({ stops, leapt }, { stops: 4, leapt: 0 })
    assert.deepStrictEqual(
      (await vendor.journal()).map((entry) => entry.at - epoch),
      [600_000, 1_200_000, 1_800_000],
    )
    assert.strictEqual(at(), hour / 2)
  })

  it("leaps what is left after so many stops", async () => {
    await using vendor = steered()
    let woken = 0
    const always = async () => {
      for (; woken < 1_000; woken++) await vendor.clock.sleep(30_000)
    }
    void always()
    const { stops, leapt } = await vendor.jump(281 * 24 * hour, { stops: 5 })
    assert.deepStrictEqual({ stops, leapt, woken }, { stops: 5, leapt: 281 * 24 * hour - 150_000, woken: 6 })
  })

  it("waits for its turn", async () => {
    await using vendor = steered()
    const jumps = [vendor.jump(hour), vendor.jump(hour), vendor.jump(hour)]
    await Promise.all(jumps)
    assert.strictEqual(vendor.clock.now() - epoch, 3 * hour)
  })

  it("takes a sleeper back when its signal aborts", async () => {
    await using vendor = steered()
    const given = new AbortController()
    const asleep = rejection(vendor.clock.sleep(hour, given.signal))
    given.abort("enough")
    assert.strictEqual(await asleep, "enough")
    assert.strictEqual(await rejection(vendor.clock.sleep(hour, given.signal)), "enough")
    assert.strictEqual((await vendor.jump(2 * hour)).stops, 0)
  })

  it("brings a late answer, and a body that trickles", async () => {
    await using vendor = steered()
    await vendor.arm([
      { fault: { _tag: "delay", millis: 5_000 } },
      { fault: { _tag: "trickle", bytes: 100, millis: 1_000 } },
    ])
    const texts: Array<string> = []
    const asked = vendor.fetch(url, post(ns.password)).then(async (reply) => {
      texts.push(await reply.text())
    })
    await vendor.jump(5_500)
    assert.deepStrictEqual(texts, [])
    await vendor.jump(60_000)
    assert.include(texts[0], "access_token")
    await asked
  })
})

describe("Real time", () => {
  it("passes by itself, and jumps too", async () => {
    await using vendor = openEmulator()
    await vendor.clock.sleep(5)
    const before = vendor.clock.now()
    assert.isBelow(Math.abs(before - Date.now()), 60_000)
    const asleep = vendor.clock.sleep(hour)
    await vendor.jump(hour)
    await asleep
    assert.isAtLeast(vendor.clock.now() - before, hour)
  })
})
