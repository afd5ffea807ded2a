import { defaultWorld, uidOf } from "@pbx-auth/emulator/World"
import { afterEach, describe, expect, it } from "vitest"
import type { Action } from "../playground/Action.ts"
import * as Address from "../playground/Address.ts"
import * as Client from "../playground/Client.ts"
import { type FaultId, faultIds } from "../playground/Fault.ts"
import * as Model from "../playground/Model.ts"
import { type ProviderId, providerIds, providers } from "../playground/Provider.ts"
import { type TourId, tourIds, tours } from "../playground/Tour.ts"

const opened: Array<Model.Playground> = []
afterEach(async () => {
  for (const playground of opened.splice(0)) await playground.close()
})

/** A playground whose reader never waits: time passes by jumps alone. `wait` is what a caption or a slow answer is waited for. */
const make = (wait: Model.Surroundings["wait"] = () => new Promise(() => {})) => {
  const playground = Model.make({ load: async () => Client, wait })
  opened.push(playground)
  return playground
}

const at = async (search: string) => {
  const playground = make()
  await playground.go(Address.read(search))
  return playground
}

/** The states on the way, without inner ones and without repetitions. */
const way = ({ steps }: Model.State): ReadonlyArray<string> => {
  const tops = steps.flatMap(({ from, to }) => [from, to]).map((path) => path.split(".")[0] ?? "")
  return tops.filter((top, index) => top !== tops[index - 1])
}

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

describe("every provider", () => {
  const walks: Readonly<
    Record<ProviderId, readonly [does: ReadonlyArray<Action>, outcomes: ReadonlyArray<string>, at: string]>
  > = {
    skyswitch: [["sign-in", "passcode", "inspect"], ["challenged", "issued", "inspected"], "authenticated"],
    landstar: [
      ["sign-in", "call", "due"],
      ["issued", "api call as 111@abc-company.12345.service", "renewed"],
      "refreshed",
    ],
    ipex: [["sign-in", "act-as", "due"], ["issued", "impersonated", "impersonated"], "masqueraded.live"],
    "sangoma-cx": [["token", "days", "token"], ["issued", "given again", "issued"], "authenticated"],
  }

  it.each(providerIds)("%s", async (provider) => {
    const [does, told, path] = walks[provider]
    const playground = await at(`?provider=${provider}&do=${does}`)
    const state = playground.state()
    console.log(provider, state.view.path, outcomes(state), state.result, new Date(state.now))
    expect(state.view.path).toBe(path)
    expect(outcomes(state)).toEqual(told)
  })
})

describe("each fault", () => {
  it.each(faultIds)("%s", async (fault) => {
    const playground = await at(`?account=111&mode=unattended&rotation=strict&fault=${fault}&do=token`)
    console.log(
      fault,
      way(playground.state()),
      playground.state().view.path,
      outcomes(playground.state()),
      playground.state().result,
      playground.state().armed,
    )
  })
})

describe("each tour", () => {
  it.each(tourIds)("%s", async (id) => {
    const playground = make(async () => {})
    await playground.startTour(id)
    console.log(
      id,
      way(playground.state()),
      playground.state().view.path,
      outcomes(playground.state()),
      playground.state().result,
    )
  })
})
void tours
void ({} as TourId | FaultId)
