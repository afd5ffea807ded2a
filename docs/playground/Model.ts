/**
 * The playground's state and what changes it: no DOM, no framework. A page draws `state()` and calls the rest.
 */
import { sessionMachine } from "@pbx-auth/machine/SessionMachine"
import { SessionView } from "@pbx-auth/machine/SessionView"
import { initialTransition } from "xstate"
import { type Action, calls, day, faultIn, isCall, isJump, type jumps, minute } from "./Action.ts"
import * as Address from "./Address.ts"
import type { Client } from "./Client.ts"
import { type FaultId, staysOn, tagOf } from "./Fault.ts"
import { accountOf, providers, type Settings, settingsOf, skySwitch } from "./Provider.ts"
import { failed, type Result } from "./Result.ts"
import { type Snapshot, type Step, stepOf } from "./Step.ts"
import { pace, type TourId, tours } from "./Tour.ts"
import { type WireLine, wireOf } from "./WireLine.ts"

/** A tour under way: its step counts from 0. */
interface Touring {
  readonly id: TourId
  readonly step: number
}

export interface State {
  readonly settings: Settings
  /** `loading` until the library is there; `failed` if it does not come. */
  readonly phase: "loading" | "ready" | "failed"
  readonly now: number
  readonly isPlaying: boolean
  /** How many times faster than the reader's time the playground's time passes. */
  readonly speed: number
  readonly view: SessionView
  readonly snapshot: Snapshot
  readonly steps: ReadonlyArray<Step>
  readonly wire: ReadonlyArray<WireLine>
  readonly armed: FaultId | null
  readonly result: Result | null
  /** What the reader did, for the address. */
  readonly does: ReadonlyArray<Action>
  /** What was armed before all that. */
  readonly fault: FaultId | null
  readonly doing: Action | null
  readonly touring: Touring | null
  /** The actions of an address are being done. */
  readonly isReplaying: boolean
}

export interface Playground {
  readonly state: () => State
  readonly subscribe: (listener: () => void) => () => void
  /** Does one thing. It resolves when that is over, or when it waits for something that only time brings. */
  readonly act: (action: Action) => Promise<void>
  /** Any other passcode than the right one is sent as it is. */
  readonly submitPasscode: (passcode: string) => Promise<void>
  /** Begins anew with other settings. */
  readonly choose: (settings: Settings) => Promise<void>
  /** Begins anew at a place, and does what it says. */
  readonly go: (place: Address.Place) => Promise<void>
  readonly startTour: (id: TourId) => Promise<void>
  readonly nextInTour: () => void
  readonly stopTour: () => void
  readonly play: (isPlaying: boolean) => void
  readonly speedUp: (speed: number) => void
  /** Lets time pass, as it passes for the reader, ms. */
  readonly tick: (passed: number) => Promise<void>
  /** Answers come so many ms later from now on. */
  readonly delay: (latency: number) => Promise<void>
  /** The query of the page's address for the present state. */
  readonly address: () => string
  readonly close: () => Promise<void>
}

/** What the playground needs of its surroundings. */
export interface Surroundings {
  readonly load: () => Promise<{ readonly open: typeof import("./Client.ts").open }>
  /** Resolves after so many ms of the reader's time. */
  readonly wait: (ms: number) => Promise<void>
}

const begin = ({ mode, provider }: Settings): Snapshot => {
  const { hasPersons, subject } = providers[provider]
  const [snapshot] = initialTransition(sessionMachine, {
    unattended: mode === "unattended",
    renewsWith: hasPersons ? "refresh_token" : "sign_in",
    actsForOthers: subject !== undefined,
  })
  return snapshot
}

/** What the page shows when a session is about to open. */
const fresh = (settings: Settings) => {
  const snapshot = begin(settings)
  return {
    settings,
    phase: "loading",
    view: SessionView.of(snapshot),
    snapshot,
    steps: [],
    wire: [],
    armed: null,
    result: null,
    does: [],
    fault: null,
    doing: null,
  } satisfies Partial<State>
}

/** How long an action is waited for before the next one of a list begins, ms of the reader's time. */
const patience = 1_200
/** More lines are not drawn. */
const kept = 200

/** Makes a playground. It opens nothing before `go` or `choose`. */
export const make = ({ load, wait }: Surroundings): Playground => {
  let state: State = {
    ...fresh(settingsOf(skySwitch)),
    now: 0,
    isPlaying: true,
    speed: 1,
    touring: null,
    isReplaying: true,
  }
  const listeners = new Set<() => void>()
  let client: Client | undefined
  /** Counts the openings: what an earlier one brings comes too late. */
  let visit = 0
  /** How many exchanges there were when the fault was armed. */
  let armedAfter = 0
  let isTicking = false
  /** The jump under way: what the reader does next comes after it. */
  let moving: Promise<void> = Promise.resolve()
  let skip = () => {}

  const set = (change: Partial<State>) => {
    state = { ...state, ...change }
    for (const listener of listeners) listener()
  }

  const readWire = async () => {
    const mine = visit
    const entries = (await client?.journal()) ?? []
    if (mine !== visit || client === undefined) return
    const { armed } = state
    const since = entries.slice(armedAfter)
    const hit = armed !== null && !staysOn(armed) && since.some(({ fault }) => fault?.split("+").includes(tagOf(armed)))
    set({ now: client.now(), wire: entries.map(wireOf).slice(-kept), ...(hit && { armed: null }) })
  }

  const open = async (settings: Settings) => {
    const mine = ++visit
    const old = client
    client = undefined
    set(fresh(settings))
    void old?.close()
    try {
      const opened = await (await load()).open(settings, (watched, activity) => {
        if (mine !== visit || watched.subject !== undefined) return
        if (activity._tag !== "Stepped") return
        const { event, from } = activity
        const { snapshot, view } = watched
        const n = (state.steps.at(-1)?.n ?? 0) + 1
        const step = stepOf(n, watched.now, state.snapshot, { event, from, to: view.path })
        set({ view, snapshot: snapshot as Snapshot, now: watched.now, steps: [...state.steps, step].slice(-kept) })
      })
      if (mine !== visit) return void opened.close()
      client = opened
      opened.subscribe(() => void readWire())
      set({ phase: "ready", now: opened.now() })
    } catch (error) {
      if (mine === visit) set({ phase: "failed", result: failed("Loading", error) })
    }
  }

  const arm = async (fault: FaultId | null) => {
    armedAfter = (await client?.journal())?.length ?? 0
    await client?.arm(fault, state.settings.latency)
    set({ armed: fault })
  }

  const jump = async (by: number) => {
    const jumping = client?.jump(Math.max(0, Math.round(by))) ?? Promise.resolve()
    moving = jumping.catch(() => {})
    await jumping
    if (client !== undefined) set({ now: client.now() })
  }

  const spanOf = (id: keyof typeof jumps, { session, now }: Client): number => {
    const { dueAt, expiresAt } = session.view()
    if (id === "minute") return minute
    if (id === "days") return 281 * day
    return ((id === "due" ? (dueAt ?? expiresAt) : expiresAt) ?? now()) - now()
  }

  const call = async (id: keyof typeof calls, { call, session }: Client, passcode?: string): Promise<Result | null> => {
    const { subject } = providers[state.settings.provider]
    const { login, passcode: right, password } = accountOf(state.settings)
    const said = (text: string): Result => ({ title: calls[id], text, isBad: false })
    const signIn = (typed: string) =>
      providers[state.settings.provider].hasPersons
        ? session.signIn({ username: login, password: typed })
        : session.signIn()
    switch (id) {
      case "sign-in":
        return said((await signIn(password)).label)
      case "wrong-password":
        return said((await signIn("a-wrong-password")).label)
      case "passcode":
      case "wrong-passcode":
        return said(
          (await session.submitPasscode?.(passcode ?? (id === "passcode" ? (right ?? "") : "000000")))?.label ?? "",
        )
      case "cancel":
        session.cancel()
        return null
      case "token":
        await session.accessToken()
        return said("Here it is. A page never shows it.")
      case "callers": {
        const before = (await client?.journal())?.length ?? 0
        const tokens = await Promise.all(Array.from({ length: 1_000 }, () => session.accessToken()))
        const sent = ((await client?.journal())?.length ?? 0) - before
        return said(`1 000 callers, ${new Set(tokens).size} token, ${sent === 1 ? "1 request" : `${sent} requests`}.`)
      }
      case "call": {
        const { status, text } = await call()
        return { ...said(`${status} ${text}`), isBad: status >= 400 }
      }
      case "inspect": {
        const known = await session.inspect?.()
        return said(known === undefined ? "" : `${known.uid} is ${known.scope} in ${known.domain}.`)
      }
      case "act-as":
        return said((await session.startActing?.(subject ?? ""))?.label ?? "")
      case "stop-acting":
        return said(session.stopActing?.().label ?? "")
      case "sign-out":
        await session.signOut()
        return null
    }
  }

  const perform = async (action: Action, passcode?: string) => {
    if (client === undefined) return
    const mine = visit
    const opened = client
    set({ doing: action, does: [...state.does, action], result: null })
    const running = async (): Promise<Result | null> => {
      await moving
      if (isJump(action)) await jump(spanOf(action, opened))
      else if (isCall(action)) return call(action, opened, passcode)
      else await arm(faultIn(action))
      return null
    }
    const over = running()
      .catch((error: unknown) => failed(isCall(action) ? calls[action] : action, error))
      .then(async (result) => {
        if (mine !== visit) return
        if (result !== null || state.doing === action) set({ result })
        if (state.doing === action) set({ doing: null })
        await readWire()
      })
    // A jump ends by itself. An answer may need time that only a jump brings.
    await (isJump(action) ? over : Promise.race([over, wait(patience + 2 * state.settings.latency)]))
    if (mine === visit) await readWire()
  }

  const tick = async (passed: number) => {
    if (!state.isPlaying || client === undefined || isTicking) return
    isTicking = true
    try {
      await jump(passed * state.speed)
    } finally {
      isTicking = false
    }
  }

  const stopTour = () => {
    if (state.touring === null) return
    set({ touring: null })
    skip()
  }

  /** Plays a tour to its end, unless it is stopped or another thing begins meanwhile. */
  const startTour = async (id: TourId) => {
    stopTour()
    const { settings, steps } = tours[id]
    set({ touring: { id, step: 0 }, isPlaying: true, speed: 1, isReplaying: false })
    await open(settings)
    const mine = visit
    const isOver = () => mine !== visit || state.touring === null
    for (const [step, { does }] of steps.entries()) {
      if (isOver()) return
      set({ touring: { id, step } })
      if (does !== undefined) await perform(does)
      if (isOver()) return
      await Promise.race([wait(pace), new Promise<void>((resolve) => (skip = resolve))])
    }
    if (!isOver()) set({ touring: null })
  }

  const go = async ({ does, fault, settings, tour }: Address.Place) => {
    stopTour()
    if (tour !== null) return startTour(tour)
    set({ isReplaying: true })
    await open(settings)
    const mine = visit
    if (fault !== null) {
      await arm(fault)
      if (mine === visit) set({ fault })
    }
    for (const action of does) if (mine === visit) await perform(action)
    if (mine === visit) set({ isReplaying: false })
  }

  return {
    state: () => state,
    subscribe: (listener) => {
      listeners.add(listener)
      return () => void listeners.delete(listener)
    },
    act: async (action) => {
      stopTour()
      await perform(action)
    },
    submitPasscode: async (passcode) => {
      stopTour()
      await perform(passcode === accountOf(state.settings).passcode ? "passcode" : "wrong-passcode", passcode)
    },
    choose: (settings) => go({ settings, fault: null, does: [], tour: null }),
    go,
    startTour,
    nextInTour: () => skip(),
    stopTour,
    play: (isPlaying) => set({ isPlaying }),
    speedUp: (speed) => set({ speed }),
    tick,
    delay: async (latency) => {
      set({ settings: { ...state.settings, latency } })
      await arm(state.armed)
    },
    address: () => Address.write(state),
    close: async () => {
      visit++
      const old = client
      client = undefined
      await old?.close()
    },
  }
}
