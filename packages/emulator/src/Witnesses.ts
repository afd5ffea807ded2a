/**
 * The witnesses of one emulator: those that it always plays, and those that it was given.
 *
 * Each answers at `/@id` on any host, and at its own hosts. Those that are always there answer at their vendors' paths on every other
 * host too.
 */
import type { Route } from "./Exchange.ts"
import * as IpexRoutes from "./IpexRoutes.ts"
import { grantNames } from "./Journal.ts"
import * as NetSapiensRoutes from "./NetSapiensRoutes.ts"
import * as SangomaCxRoutes from "./SangomaCxRoutes.ts"
import type { AnyWitness, Routes } from "./Witness.ts"
import type { World } from "./World.ts"

/** The witnesses that are always there, by their section of the world. */
const always = {
  netsapiens: NetSapiensRoutes.witness,
  ipex: IpexRoutes.witness,
  sangomaCx: SangomaCxRoutes.witness,
} satisfies Record<string, AnyWitness>

/** The words that a fault's `match` may have. */
export interface Words {
  readonly providers: ReadonlyArray<string>
  readonly grants: ReadonlyArray<string>
}

/** A witness at work. */
export interface Mounted extends Routes {
  readonly witness: AnyWitness
  /** Its part of the world. */
  readonly worldOf: (world: World) => unknown
  /** What stands before its paths; empty for one that is always there. */
  readonly prefix: string
}

/** A route, and the path within its vendor. */
export interface Found {
  readonly mounted: Mounted
  readonly route: Route
  /** As it was called, without `/@id`. */
  readonly pathname: string
  /** What was left out of it: `/@id`, or nothing. */
  readonly prefix: string
  /** What the journal calls the path. */
  readonly path: string
  readonly rest: string
}

/** The words of the witnesses that are always there, and of these. */
export const wordsOf = (given: ReadonlyArray<AnyWitness> = []): Words => {
  const all: ReadonlyArray<AnyWitness> = [...Object.values(always), ...given]
  return {
    providers: all.map(({ id }) => id),
    grants: [...new Set([...grantNames, ...all.flatMap(({ grants = [] }) => grants)])],
  }
}

/** Puts them to work. Throws a `TypeError` if two have one id. */
export const mount = (world: () => World, given: ReadonlyArray<AnyWitness>): ReadonlyArray<Mounted> => {
  const ids = wordsOf(given).providers
  const twice = ids.find((id, index) => ids.indexOf(id) !== index)
  if (twice !== undefined) throw new TypeError(`Emulator: two witnesses have the id ${twice}`)
  const mounted = (witness: AnyWitness, worldOf: Mounted["worldOf"], prefix: string): Mounted => ({
    ...witness.make(() => worldOf(world())),
    witness,
    worldOf,
    prefix,
  })
  const sections = Object.keys(always) as ReadonlyArray<keyof typeof always>
  return [
    ...sections.map((section) => mounted(always[section], (world) => world[section], "")),
    ...given.map((witness) => mounted(witness, (world) => world.witnesses?.[witness.id], `/@${witness.id}`)),
  ]
}

/** Who answers a request, if anybody does. */
export const find = (all: ReadonlyArray<Mounted>, { hostname, pathname }: URL): Found | undefined => {
  const own = all.find(({ witness }) => witness.hosts?.some((host) => isHost(host, hostname)))
  if (own) return within([own], pathname, "")
  const [, id, rest] = /^\/@([^/]+)(\/.*)?$/.exec(pathname) ?? []
  if (id !== undefined)
    return within(
      all.filter(({ witness }) => witness.id === id),
      rest ?? "/",
      `/@${id}`,
    )
  return within(
    all.filter(({ prefix }) => prefix === ""),
    pathname,
    "",
  )
}

const isHost = (host: string, hostname: string) =>
  host.startsWith("*.") ? hostname.endsWith(host.slice(1)) : host === hostname

const within = (all: ReadonlyArray<Mounted>, pathname: string, prefix: string): Found | undefined => {
  for (const mounted of all) {
    for (const route of mounted.routes) {
      if (route.isThere?.() === false) continue
      for (const path of route.paths) {
        if (pathname === path || pathname === `${path}/`)
          return { mounted, route, pathname, prefix, path: pathname, rest: "" }
        if (path.endsWith("/*") && pathname.startsWith(path.slice(0, -1))) {
          return { mounted, route, pathname, prefix, path, rest: pathname.slice(path.length - 1) }
        }
      }
    }
  }
  return undefined
}
