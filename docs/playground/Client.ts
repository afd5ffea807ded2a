/**
 * The real library, over the emulator, both in this tab. It is a module of its own so that a page can draw the chart before it loads.
 */
import { type OpenEmulator, openEmulator } from "@pbx-auth/emulator/OpenEmulator"
import { bearerFetch } from "@pbx-auth/session/BearerFetch"
import * as Promises from "@pbx-auth/session/Promises"
import type { Watcher } from "@pbx-auth/session/Watcher"
import type { FaultId } from "./Fault.ts"
import { rulesOf } from "./Fault.ts"
import { accountOf, ipex, landstar, providers, type Settings, sangomaCx, skySwitch } from "./Provider.ts"

type Some = "submitPasscode" | "inspect" | "startActing" | "stopActing"

/** A session of any provider: what a provider lacks is not there. */
export type Session = Promises.PromiseSession &
  Partial<Pick<Promises.PromiseSessionOf<"passcode" | "inspect" | "act_as">, Some>>

/** A session with its emulated provider. */
export interface Client {
  readonly session: Session
  readonly now: () => number
  /** Arms this and nothing else. `latency` is how much later answers come, ms. */
  readonly arm: (fault: FaultId | null, latency: number) => Promise<void>
  /** Lets so many ms pass for both, and waits until nothing is left to do. */
  readonly jump: (by: number) => Promise<void>
  readonly journal: OpenEmulator["journal"]
  /** Calls the listener at each exchange, and again at its end. */
  readonly subscribe: OpenEmulator["subscribe"]
  /** Calls the provider's API with the bearer. */
  readonly call: () => Promise<{ readonly status: number; readonly text: string }>
  readonly close: () => Promise<void>
}

/**
 * The most moments at which a jump stops because the session has something to do then. The rest of its time passes at once, as while
 * a machine sleeps: 281 days are thousands of renewals.
 */
const stops = 12

/** A little more than a request may take, ms. */
const deadline = 16_000

const address = "https://pbx.example.test"

const openSession = (settings: Settings, how: Promises.OpenOptions): Promise<Session> => {
  const { login, password } = accountOf(settings)
  const credentials = settings.mode === "unattended" ? { credentials: { username: login, password } } : {}
  const client = { id: "your-client-id", secret: "your-client-secret" }
  switch (settings.provider) {
    case skySwitch:
      return Promises.openSkySwitch({ address, client, ...credentials }, how)
    case landstar:
      return Promises.openLandstar({ address, client, ...credentials }, how)
    case ipex:
      return Promises.openIpex({ address, ...credentials }, how)
    case sangomaCx:
      return Promises.openSangomaCx(
        { address, client: { id: login, secret: password }, scopes: ["cx.agent-calls"] },
        how,
      )
  }
}

/** When the session has something to do next. */
const nextOf = ({ challengeUntil, dueAt, expiresAt, retryAt }: ReturnType<Session["view"]>, now: number) =>
  [challengeUntil, dueAt, expiresAt, retryAt]
    .filter((at) => at !== null && at > now)
    .sort((a, b) => Number(a) - Number(b))[0] ?? undefined

/** Opens both. `watch` sees each step of the session. */
export const open = async (settings: Settings, watch: Watcher): Promise<Client> => {
  const rotation = settings.rotation === "grace" ? { grace: 30 } : settings.rotation
  const emulator = openEmulator({
    clock: "steered",
    ...(settings.startsAt !== undefined && { startsAt: settings.startsAt }),
    world: { netsapiens: { rotation }, ipex: { rotation } },
  })
  const { clock, fetch } = emulator
  const session = await openSession(settings, { clock, fetch, watch })
  const api = bearerFetch(session, { fetch })
  const { provider } = settings
  const arm: Client["arm"] = async (fault, latency) => {
    await emulator.disarm()
    for (const rule of rulesOf(provider, fault, latency)) await emulator.arm(rule)
  }
  await arm(null, settings.latency)
  return {
    session,
    now: clock.now,
    arm,
    jump: async (by) => {
      const end = clock.now() + by
      for (let stop = 0; stop < stops; stop++) {
        // A deadline is not leapt over: a session that finds itself asleep lets what arrived meanwhile be read first.
        if (session.view().awaiting === "provider")
          await emulator.jump(Math.min(deadline, end - clock.now()), { stops })
        const next = nextOf(session.view(), clock.now())
        if (next === undefined || next >= end) break
        await emulator.jump(next - clock.now(), { stops: 0 })
      }
      await emulator.jump(Math.max(0, end - clock.now()), { stops: 0 })
    },
    journal: emulator.journal,
    subscribe: emulator.subscribe,
    call: async () => {
      const response = await api(address + providers[provider].api)
      return { status: response.status, text: await response.text() }
    },
    // Together: a request that hangs ends with the emulator, and the session waits for it.
    close: async () => {
      await Promise.all([session.close(), emulator.close()])
    },
  }
}
