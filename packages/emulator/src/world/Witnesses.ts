/**
 * The witnesses of one emulator: those that it always plays, and those that it was given.
 *
 * Each answers at `/@id` on any host, and at its vendor's paths on its own hosts. Those that are always there answer at their vendors'
 * paths on every other host too.
 */
import type { Route } from "../exchange/Exchange.ts"
import { grantNames } from "../exchange/Journal.ts"
import type { AnyWitness, Routes } from "../exchange/Witness.ts"
import { partOf, residents } from "../residents/Residents.ts"
import type { World } from "./World.ts"

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
  const all: ReadonlyArray<AnyWitness> = [...residents, ...given]
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
  return [
    ...residents.map((witness) => mounted(witness, (world) => world[partOf(witness)], "")),
    ...given.map((witness) => mounted(witness, (world) => world.witnesses?.[witness.id], `/@${witness.id}`)),
  ]
}

/** Whose host it is, if it is that of one alone. */
const ownerOf = (all: ReadonlyArray<Mounted>, hostname: string): Mounted | undefined =>
  all.find(({ witness }) => witness.hosts?.some((host) => isHost(host, hostname)))

/** What stands before a vendor's paths at a host: nothing, or `/@id`. */
export const prefixAt = (all: ReadonlyArray<Mounted>, mounted: Mounted, hostname: string): string => {
  const owner = ownerOf(all, hostname)
  return (owner === undefined ? mounted.prefix === "" : owner === mounted) ? "" : `/@${mounted.witness.id}`
}

/** Who answers a request, if anybody does. */
export const find = (all: ReadonlyArray<Mounted>, { hostname, pathname }: URL): Found | undefined => {
  const [, id, rest = "/"] = /^\/@([^/]+)(\/.*)?$/.exec(pathname) ?? []
  const named = all.find(({ witness }) => witness.id === id)
  if (named) return within([named], rest, `/@${id}`)
  const owner = ownerOf(all, hostname)
  return within(owner ? [owner] : all.filter(({ prefix }) => prefix === ""), pathname, "")
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
