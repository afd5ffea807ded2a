/**
 * The rooms of a package, drawn from its imports: which room knows which, the floor of each, and the size of its parts.
 *
 * A room is a folder of `src` together with its doors: the modules at the top by which one enters it. A module at the top that is nobody's
 * door is a room of its own. A room stands on the floor above the highest one that it knows.
 */
import { readFileSync } from "node:fs"
import { join } from "node:path"
import { parseAst } from "vitest/node"
import { circles, importsOf, root, sources, target } from "./Imports.ts"

/** The doors of `packages/session/src`, by the room that they lead to. A room without a folder is its doors. */
export const doors: Readonly<Record<string, RegExp>> = {
  browser: /^(DeviceSignIn|RedirectSignIns?)$/,
  call: /^Bearer(HttpClient|Transform)$/,
  engine: /^(HttpRuntime|RenewalOwner|SessionRuntime)$/,
  face: /^(Patience|SessionActor|TokenRecords)$/,
  operations: /^Operations$/,
  pace: /^Pacing$/,
  promise: /^(Promise.*|BearerFetch)$/,
  provider: /^(ApiKey|Ipex|Landstar|NetSapiens|ProviderLayer|ProviderService|SangomaCx|SkySwitch)$/,
  registry: /^(Sessions|SharedQuota)$/,
  server: /^(NodeListener|ServerSession)$/,
  session: /^Session$/,
  store: /^(TokenRecordSchema|TokenStore)$/,
  watcher: /^Watcher$/,
}

/** Files, named from the root, and those that each imports. */
export type Graph = ReadonlyMap<string, ReadonlyArray<string>>

const prefix = "packages/session/src/"

/** The package's files and their arrows to each other; an import of a type ties as much as any other. */
export const graph = (): Graph => {
  const files = sources().filter((file) => file.startsWith(prefix))
  const inside = (file: string | undefined): file is string => file?.startsWith(prefix) === true
  return new Map(files.map((file) => [file, [...new Set(importsOf(file).map(target).filter(inside))]]))
}

/** The room of a file. */
export const roomOf = (file: string): string => {
  const [first = "", ...rest] = file.slice(prefix.length).split("/")
  if (rest.length > 0) return first
  const name = first.replace(/\.ts$/, "")
  return Object.keys(doors).find((room) => doors[room]?.test(name)) ?? name
}

/** The rooms of a graph, each with those that it knows. */
export const rooms = (of: Graph): Graph => {
  const known = new Map<string, Set<string>>()
  for (const [file, others] of of) {
    const room = roomOf(file)
    const knows = known.get(room) ?? new Set()
    known.set(room, knows)
    for (const other of others.map(roomOf)) if (other !== room) knows.add(other)
  }
  return new Map([...known].sort().map(([room, knows]) => [room, [...knows].sort()]))
}

/** The arrows that run back up: those among rooms that lead to each other, file by file. */
export const backArrows = (of: Graph): ReadonlyArray<string> =>
  circles(rooms(of)).flatMap((circle) =>
    [...of].flatMap(([file, others]) =>
      others
        .filter((other) => roomOf(other) !== roomOf(file))
        .filter((other) => circle.includes(roomOf(file)) && circle.includes(roomOf(other)))
        .map((other) => `${file.slice(prefix.length)} -> ${other.slice(prefix.length)}`),
    ),
  )

/** The floors, the lowest first. A room's floor is the length of its longest chain down; a circle counts as one room. */
export const floors = (of: Graph): ReadonlyArray<ReadonlyArray<string>> => {
  const house = rooms(of)
  const together = new Map(circles(house).flatMap((circle) => circle.map((room) => [room, circle] as const)))
  const found = new Map<string, number>()
  const floor = (room: string): number => {
    const known = found.get(room)
    if (known !== undefined) return known
    const circle = together.get(room) ?? [room]
    const below = circle.flatMap((one) => house.get(one) ?? []).filter((one) => !circle.includes(one))
    const at = Math.max(0, ...below.map((one) => floor(one) + 1))
    for (const one of circle) found.set(one, at)
    return at
  }
  const drawn: Array<Array<string>> = []
  for (const room of house.keys()) {
    const at = floor(room)
    drawn[at] ??= []
    drawn[at].push(room)
  }
  return drawn
}

/** The arrows of a house that are no shortcut: if another way leads to the same room, the direct one says nothing new. */
export const plainArrows = (house: Graph): ReadonlyArray<readonly [from: string, to: string]> => {
  const reach = (from: string, met = new Set<string>()): Set<string> => {
    for (const to of house.get(from) ?? []) {
      if (met.has(to)) continue
      met.add(to)
      reach(to, met)
    }
    return met
  }
  return [...house].flatMap(([from, knows]) =>
    knows.filter((to) => !knows.some((other) => other !== to && reach(other).has(to))).map((to) => [from, to] as const),
  )
}

/** How much of something a file has. */
export interface Size {
  readonly name: string
  readonly file: string
  readonly size: number
}

const largestFirst = (sizes: ReadonlyArray<Size>): ReadonlyArray<Size> =>
  [...sizes].sort((a, b) => b.size - a.size || (a.name < b.name ? -1 : 1))

const textOf = (file: string): string => readFileSync(join(root, file), "utf8")

/** The files by their lines, the longest first. */
export const lengths = (of: Graph): ReadonlyArray<Size> =>
  largestFirst(
    [...of.keys()].map((file) => ({
      name: file.slice(prefix.length),
      file,
      size: textOf(file).trimEnd().split("\n").length,
    })),
  )

type Node = { readonly type: string; readonly [key: string]: unknown }

const nodesIn = (value: unknown, is: (type: string) => boolean): ReadonlyArray<Node> => {
  if (Array.isArray(value)) return value.flatMap((one) => nodesIn(one, is))
  if (typeof value !== "object" || value === null) return []
  const node = value as Node
  const inner = Object.values(node).flatMap((one) => nodesIn(one, is))
  return typeof node.type === "string" && is(node.type) ? [node, ...inner] : inner
}

/** The classes of a source by their members: fields, methods and accessors, private ones too; a getter and its setter are one. */
export const classesIn = (file: string, source: string): ReadonlyArray<Size> =>
  nodesIn(parseAst(source, { lang: "ts" }, file), (type) => type.startsWith("Class") && type !== "ClassBody").map(
    (node) => {
      const body = node as unknown as {
        readonly id?: { readonly name: string }
        readonly body: { readonly body: ReadonlyArray<Node> }
      }
      const members = body.body.body.filter(({ kind }) => kind !== "constructor")
      const names = members.map(({ key, static: isStatic }) => {
        const { name, type, value } = key as { readonly name?: string; readonly type: string; readonly value?: string }
        return `${isStatic === true} ${type} ${name ?? value ?? source.length}`
      })
      return { name: body.id?.name ?? "(unnamed)", file, size: new Set(names).size }
    },
  )

/** The classes by their members, the largest first. */
export const classes = (of: Graph): ReadonlyArray<Size> =>
  largestFirst([...of.keys()].flatMap((file) => classesIn(file, textOf(file))))
