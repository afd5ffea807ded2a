import { uidOf } from "@pbx-auth/emulator/NetSapiensWorld"
import { defaultWorld } from "@pbx-auth/emulator/World"
import * as Chart from "@pbx-auth/machine/Chart"
import * as Ipex from "@pbx-auth/providers/Ipex"
import * as Landstar from "@pbx-auth/providers/Landstar"
import * as SangomaCx from "@pbx-auth/providers/SangomaCx"
import * as SkySwitch from "@pbx-auth/providers/SkySwitch"
import { afterEach, describe, expect, it, vi } from "vitest"
import type { Action } from "../playground/Action.ts"
import * as Address from "../playground/Address.ts"
import * as ChartLayout from "../playground/ChartLayout.ts"
import * as Client from "../playground/Client.ts"
import { type FaultId, faultIds } from "../playground/Fault.ts"
import * as Model from "../playground/Model.ts"
import {
  ipex,
  landstar,
  type ProviderId,
  providerIds,
  providers,
  sangomaCx,
  settingsOf,
  skySwitch,
} from "../playground/Provider.ts"
import { pace, type TourId, tourIds, tours } from "../playground/Tour.ts"

const opened: Array<Model.Playground> = []
afterEach(async () => {
  for (const playground of opened.splice(0)) await playground.close()
})

/** A caption is read at once. An answer is waited for as on the page, or as long as `patience` says, ms. */
const waiting =
  (patience?: number): Model.Surroundings["wait"] =>
  (ms) =>
    ms === pace ? Promise.resolve() : new Promise((resolve) => setTimeout(resolve, patience ?? ms))

const make = (patience?: number) => {
  const playground = Model.make({ load: async () => Client, wait: waiting(patience) })
  opened.push(playground)
  return playground
}

const at = async (search: string, patience?: number) => {
  const playground = make(patience)
  await playground.go(Address.read(search))
  return playground
}

/** For answers that come only when time passes, ms. */
const brief = 400

/** The states on the way, without inner ones and without repetitions. */
const way = ({ steps }: Model.State): ReadonlyArray<string> => {
  const tops = steps.flatMap(({ from, to }) => [from, to]).map((path) => path.split(".")[0] ?? "")
  return tops.filter((top, index) => top !== tops[index - 1])
}

/** Lets time pass as on the page, until nothing is under way any more. */
const settled = (playground: Model.Playground) =>
  vi.waitFor(
    async () => {
      await playground.tick(250)
      expect(playground.state().view.awaiting).toBeNull()
    },
    { timeout: 10_000, interval: 50 },
  )

const outcomes = ({ wire }: Model.State) => wire.map(({ outcome }) => outcome)

describe("SkySwitch in the playground", () => {
  it("walks through all six states", async () => {
    const playground = await at("?do=sign-in,wrong-passcode,passcode,due,act-as,stop-acting,sign-out")
    expect(way(playground.state())).toEqual([
      "unauthenticated",
      "mfa_required",
      "authenticated",
      "expiring",
      "refreshed",
      "masqueraded",
      "refreshed",
      "unauthenticated",
    ])
    expect(outcomes(playground.state()).slice(0, 5)).toEqual([
      "challenged",
      "refused: bad passcode",
      "issued",
      "renewed",
      "masqueraded",
    ])
  })

  it("tells each step with its commands", async () => {
    const { steps } = (await at("?do=sign-in")).state()
    expect(steps.map(({ commands, event, to }) => ({ event, to, commands }))).toEqual([
      { event: "SignIn", to: "unauthenticated.signing_in", commands: ["requestToken · sign_in"] },
      {
        event: "Challenged",
        to: "mfa_required.awaiting_passcode",
        commands: [expect.stringMatching(/^wakeAt · \d\d:/)],
      },
    ])
  })
})

it("the playground's ids are the providers'", () => {
  const values = [SkySwitch.provider, Landstar.provider, Ipex.provider, SangomaCx.provider]
  expect([skySwitch, landstar, ipex, sangomaCx]).toEqual(values.map(({ id }) => id))
})

describe("the emulator's default world", () => {
  it("has each account as the playground offers it", () => {
    const { ipex, netsapiens, sangomaCx } = defaultWorld
    const known = [
      ...netsapiens.accounts.map((account) => {
        const [name = "", territory] = account.domain.split(".")
        return [`${account.extension}@${name}`, account.password, account.mfa?.passcode, territory]
      }),
      ...ipex.accounts.map(({ email, password }) => [email, password]),
      ...sangomaCx.clients.map(({ id, secret }) => [id, secret]),
    ].map(([login, password, passcode]) => ({ login, password, passcode }))
    for (const { accounts, subject } of Object.values(providers)) {
      for (const { login, passcode, password } of accounts) expect(known).toContainEqual({ login, password, passcode })
      const subjects = [...netsapiens.accounts.map(uidOf), ...ipex.accounts.map(({ email }) => email)]
      if (subject !== undefined) expect(subjects).toContain(subject)
    }
  })
})

type Walk = readonly [does: ReadonlyArray<Action>, told: ReadonlyArray<string>, path: string]

describe("every provider", () => {
  const walks: Readonly<Record<ProviderId, Walk>> = {
    [skySwitch]: [["sign-in", "passcode", "inspect"], ["challenged", "issued", "inspected"], "authenticated"],
    [landstar]: [
      ["sign-in", "call", "due"],
      ["issued", "api call as 111@abc-company.12345.service", "renewed"],
      "refreshed",
    ],
    [ipex]: [["sign-in", "act-as", "due"], ["issued", "impersonated", "impersonated"], "masqueraded.live"],
    // 281 days leave it 7 h 13 min.
    [sangomaCx]: [["token", "days", "token", "end", "token"], ["issued", "issued"], "refreshed"],
  }

  it.each(providerIds)("%s", async (provider) => {
    const [does, told, path] = walks[provider]
    const state = (await at(`?provider=${provider}&do=${does}`)).state()
    expect(outcomes(state)).toEqual(told)
    expect(state.view.path).toBe(path)
    expect(state.result?.isBad ?? false).toBe(false)
  })
})

describe("each fault, when a token is asked for", () => {
  const ends: Readonly<Record<FaultId, readonly [outcome: string, reason: string | undefined, path: string]>> = {
    "drop-reply": ["issued 0", "OutcomeUnknown", "unauthenticated.waiting"],
    "bad-gateway": ["issued 502", "Unavailable", "unauthenticated.waiting"],
    unavailable: ["not carried out 503", "Throttled", "unauthenticated.waiting"],
    // It hangs until the deadline, and time stands still here.
    hang: ["not carried out 0", undefined, "unauthenticated.signing_in"],
    html: ["not carried out 200", "Unreadable", "unauthenticated.waiting"],
    firewall: ["not carried out 403", "Throttled", "unauthenticated.waiting"],
    "early-death": ["issued 200", undefined, "authenticated"],
    "wrong-clock": ["issued 200", undefined, "authenticated"],
  }

  it.each(faultIds)("%s", async (fault) => {
    const [outcome, reason, path] = ends[fault]
    const query = `?account=111&mode=unattended&fault=${fault}&do=token`
    const { armed, result, view, wire } = (await at(query, fault === "hang" ? brief : undefined)).state()
    expect(wire.map(({ outcome, status }) => `${outcome} ${status}`)).toEqual([outcome])
    expect(result?.reason).toBe(reason)
    expect(view.path).toBe(path)
    expect(armed, "only what stays on is still armed").toBe(fault === "wrong-clock" ? fault : null)
  })

  it("a session that hangs goes on at its deadline", async () => {
    const playground = await at("?account=111&mode=unattended&fault=hang&do=token,minute", brief)
    await settled(playground)
    expect(playground.state().steps.map(({ event }) => event)).toContain("OutcomeUnknown")
    expect(playground.state().view.path).toBe("authenticated")
  })

  it("a lost reply of a strict rotation leads to recovering, and to a sign-in before the old token ends", async () => {
    const query = "?account=1000&mode=unattended&rotation=strict&do=token,fault.drop-reply,due,call"
    const { result, view } = (await at(query)).state()
    expect(view.path).toBe("expiring.recovering")
    expect(result?.text).toMatch(/^200 /)
    const later = (await at(`${query},end`)).state()
    expect(later.view.path).toBe("authenticated")
    expect(outcomes(later).filter((outcome) => outcome === "renewed")).toHaveLength(1)
  })
})

describe("each tour", () => {
  const ends: Readonly<Record<TourId, readonly [requests: number, path: string]>> = {
    "second-factor": [5, "refreshed"],
    "lost-reply": [5, "authenticated"],
    callers: [6, "refreshed"],
    masquerading: [6, "refreshed"],
  }

  it.each(tourIds)("%s plays to its end, as its captions say", async (id) => {
    const [requests, path] = ends[id]
    const playground = make()
    const captions = new Set<number>()
    playground.subscribe(() => captions.add(playground.state().touring?.step ?? -1))
    await playground.startTour(id)
    await settled(playground)
    const { touring, view, wire } = playground.state()
    expect(captions.size).toBe(tours[id].steps.length + 1)
    expect(touring).toBeNull()
    expect(view.path).toBe(path)
    expect(wire).toHaveLength(requests)
    expect(tours[id].steps.length * pace, "about 20 seconds").toBeLessThan(24_000)
  })

  it("ends when the reader does something else", async () => {
    const playground = make()
    const touring = playground.startTour("callers")
    await playground.choose(settingsOf(ipex))
    await touring
    expect(playground.state().touring).toBeNull()
    expect(playground.state().settings.provider).toBe(ipex)
    expect(playground.state().steps).toEqual([])
  })
})

describe("time", () => {
  it("passes by ticks while it plays, and stands while it is paused", async () => {
    const playground = await at("?time=2026-11-29T12:00:00Z&do=sign-in")
    const begin = Date.parse("2026-11-29T12:00:00Z")
    expect(playground.state().now).toBe(begin)
    await playground.tick(250)
    playground.speedUp(600)
    await playground.tick(250)
    expect(playground.state().now).toBe(begin + 250 + 150_000)
    playground.play(false)
    await playground.tick(250)
    expect(playground.state().now).toBe(begin + 250 + 150_000)
  })

  it("renews on the way of a long jump", async () => {
    const state = (await at("?account=111&do=sign-in,days")).state()
    expect(state.view.path).toBe("refreshed")
    expect(outcomes(state).filter((outcome) => outcome === "renewed").length).toBeGreaterThan(3)
  })

  it("a latency delays the answer", async () => {
    const playground = await at("?account=111&latency=500&do=sign-in", brief)
    expect(playground.state().view.path).toBe("unauthenticated.signing_in")
    await playground.tick(500)
    expect(playground.state().view.path).toBe("authenticated")
  })
})

describe("an address", () => {
  it("leads back to the place that it was written for", async () => {
    const query = `?provider=${ipex}&mode=unattended&rotation=strict&latency=500&time=2026-11-29T12:00:00.000Z&fault=hang&do=sign-in,end`
    expect(Address.write(Address.read(query))).toBe(query)
    expect(Address.write(Address.read("?account=111&do=sign-in,fault.html,clear"))).toBe(
      `?provider=${skySwitch}&account=111@abc-company&do=sign-in,fault.html,clear`,
    )
    expect(Address.write(Address.read("?tour=callers"))).toBe(`?provider=${skySwitch}&tour=callers`)
  })

  it("tells what the reader did", async () => {
    const playground = await at("?account=111&do=sign-in")
    await playground.act("fault.html")
    await playground.act("due")
    expect(playground.address()).toBe(`?provider=${skySwitch}&account=111@abc-company&do=sign-in,fault.html,due`)
    await playground.choose(settingsOf(landstar))
    expect(playground.address()).toBe(`?provider=${landstar}`)
  })

  it("has no room for what is typed", async () => {
    const playground = await at("?do=sign-in")
    await playground.submitPasscode("135791")
    expect(playground.state().result).toMatchObject({ isBad: true, reason: "BadPasscode" })
    expect(playground.address()).toBe(`?provider=${skySwitch}&do=sign-in,wrong-passcode`)
  })

  it("that makes no sense leads to the first page", () => {
    const first = Address.read("")
    expect(first.settings).toEqual(settingsOf(skySwitch))
    expect(
      Address.read(
        "?provider=nobody&account=eve&mode=x&rotation=y&latency=1e9&time=never&fault=toString&do=rm,__proto__&tour=constructor",
      ),
    ).toEqual(first)
    expect(Address.read(`?do=${"minute,".repeat(500)}`).does).toHaveLength(40)
    expect(Address.read(`?provider=${sangomaCx}&mode=person`).settings.mode).toBe("unattended")
  })
})

describe("the picture", () => {
  it.each(["wide", "narrow"] as const)("has a place for each way of the machine, and no other: %s", (facing) => {
    const { boxes, height, ways, width } = ChartLayout.layoutOf(facing)
    expect(ways.map(({ from, to }) => `${from} > ${to}`)).toEqual(Chart.ways().map(({ from, to }) => `${from} > ${to}`))
    expect(ChartLayout.places).toHaveLength(ways.length)
    for (const box of boxes) {
      expect(box.x + box.width).toBeLessThan(width)
      expect(box.y + box.height).toBeLessThan(height)
    }
  })
})
