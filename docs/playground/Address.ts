/**
 * A state of the playground as an address, so that a page can link to it. The README beside this file documents the parameters; they
 * stay as they are.
 */
import { type Action, actions } from "./Action.ts"
import { type FaultId, faults } from "./Fault.ts"
import {
  latencies,
  modes,
  type ProviderId,
  providers,
  rotations,
  type Settings,
  settingsOf,
  skySwitch,
} from "./Provider.ts"
import { type TourId, tours } from "./Tour.ts"

/** What an address says: what is chosen, what is armed first, what is done then; or which tour begins. */
export interface Place {
  readonly settings: Settings
  readonly fault: FaultId | null
  readonly does: ReadonlyArray<Action>
  readonly tour: TourId | null
}

const among = <T>(all: ReadonlyArray<T>, value: unknown): T | undefined => all.find((one) => one === value)
const key = <K extends string>(record: Readonly<Record<K, unknown>>, value: string | null): K | null =>
  value !== null && Object.hasOwn(record, value) ? (value as K) : null

/** More are not done: an address must not keep a page busy. */
const most = 40

/** Reads the query of an address. What it does not know counts as left out. */
export const read = (search: string): Place => {
  const query = new URLSearchParams(search)
  const provider: ProviderId = key(providers, query.get("provider")) ?? skySwitch
  const first = settingsOf(provider)
  const { accounts, hasPersons } = providers[provider]
  const account = accounts.find(
    ({ login }) => login === query.get("account") || login.startsWith(`${query.get("account")}@`),
  )
  const startsAt = Date.parse(query.get("time") ?? "")
  return {
    settings: {
      provider,
      account: account?.login ?? first.account,
      mode: (hasPersons && among(modes, query.get("mode"))) || first.mode,
      rotation: among(rotations, query.get("rotation")) ?? first.rotation,
      latency: among(latencies, Number(query.get("latency"))) ?? 0,
      ...(Number.isFinite(startsAt) && { startsAt }),
    },
    fault: key(faults, query.get("fault")),
    does: (query.get("do") ?? "")
      .split(",")
      .filter((word): word is Action => actions.has(word as Action))
      .slice(0, most),
    tour: key(tours, query.get("tour")),
  }
}

/** The query for a place, without what is so anyway: `?provider=ipex&do=sign-in`. */
export const write = ({ does, fault, settings, tour }: Partial<Place> & Pick<Place, "settings">): string => {
  const first = settingsOf(settings.provider)
  const query = new URLSearchParams({ provider: settings.provider })
  for (const name of ["account", "mode", "rotation", "latency"] as const)
    if (settings[name] !== first[name]) query.set(name, String(settings[name]))
  if (settings.startsAt !== undefined) query.set("time", new Date(settings.startsAt).toISOString())
  if (fault) query.set("fault", fault)
  if (does && does.length > 0) query.set("do", does.slice(0, most).join())
  if (tour) query.set("tour", tour)
  // A comma and an @ may stand in a query as they are (RFC 3986 section 3.4).
  return `?${query.toString().replaceAll("%2C", ",").replaceAll("%40", "@").replaceAll("%3A", ":")}`
}
