/**
 * The rooms of a package, drawn from its imports: which room knows which, the floor of each, and the size of its parts. The classes of
 * all packages are measured with them.
 *
 * A room is a folder of `src` together with its doors: the modules at the top by which one enters it. A module at the top that is nobody's
 * door is a room of its own. A room stands on the floor above the highest one that it knows.
 */
import { readFileSync } from "node:fs"
import { join } from "node:path"
import { parseAst } from "vitest/node"
import { circles, importsOf, root, sources, target } from "./Imports.ts"

/** The doors of `packages/session/src`, by the room that they lead to. A room without a folder is its doors. Other packages have none. */
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

/** The rooms that each room knows. A new arrow is an edit here, which a reviewer sees; one that is not used any more is taken out. */
export const arrows: Readonly<Record<string, ReadonlyArray<string>>> = {
  Bearer: [],
  account: [],
  callers: [],
  options: [],
  store: [],
  time: [],
  watcher: [],
  browser: ["options", "time"],
  operations: ["time", "watcher"],
  pace: ["account", "time"],
  record: ["store", "time", "watcher"],
  engine: ["Bearer", "account", "browser", "callers", "pace", "record", "store", "time", "watcher"],
  face: ["account", "browser", "callers", "engine", "options", "pace", "record", "store", "time"],
  server: ["Bearer", "engine", "face", "options"],
  session: ["Bearer", "browser", "engine", "face", "pace"],
  call: ["Bearer", "engine", "face", "pace", "session"],
  provider: ["engine", "face", "session", "store"],
  registry: ["account", "callers", "engine", "face", "options", "pace", "record", "session", "time"],
  promise: [
    ...[
      "Bearer",
      "browser",
      "call",
      "engine",
      "face",
      "operations",
      "options",
      "pace",
      "provider",
      "record",
      "registry",
    ],
    ...["session", "store", "time", "watcher"],
  ],
  testing: ["browser", "engine", "face", "record", "registry", "session", "store"],
}

/** Files, named from the root, and those that each imports. */
export type Graph = ReadonlyMap<string, ReadonlyArray<string>>

/** A file's place in the sources of its package. */
const placeOf = (file: string): string => file.replace(/^packages\/[^/]+\/src\//, "")

/** A package's files and their arrows to each other; an import of a type ties as much as any other. */
export const graph = (name = "session"): Graph => {
  const prefix = `packages/${name}/src/`
  const files = sources().filter((file) => file.startsWith(prefix))
  const inside = (file: string | undefined): file is string => file?.startsWith(prefix) === true
  return new Map(files.map((file) => [file, [...new Set(importsOf(file).map(target).filter(inside))]]))
}

/** The room of a file. */
export const roomOf = (file: string): string => {
  const [first = "", ...rest] = placeOf(file).split("/")
  if (rest.length > 0) return first
  const name = first.replace(/\.ts$/, "")
  if (!file.startsWith("packages/session/")) return name
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

/** The arrows that nobody listed, file by file, and the listed ones that no file draws. */
export const unlistedArrows = (of: Graph, listed: typeof arrows): ReadonlyArray<string> => {
  const drawn = [...of].flatMap(([file, others]) =>
    others
      .filter((other) => roomOf(other) !== roomOf(file) && listed[roomOf(file)]?.includes(roomOf(other)) !== true)
      .map((other) => `${placeOf(file)} -> ${placeOf(other)}`),
  )
  const house = rooms(of)
  const unused = Object.entries(listed).flatMap(([from, knows]) =>
    knows.filter((to) => house.get(from)?.includes(to) !== true).map((to) => `${from} -> ${to}: no file draws it`),
  )
  return [...drawn, ...unused]
}

/** The arrows that run back up: those among rooms that lead to each other, file by file. */
export const backArrows = (of: Graph): ReadonlyArray<string> =>
  circles(rooms(of)).flatMap((circle) =>
    [...of].flatMap(([file, others]) =>
      others
        .filter((other) => roomOf(other) !== roomOf(file))
        .filter((other) => circle.includes(roomOf(file)) && circle.includes(roomOf(other)))
        .map((other) => `${placeOf(file)} -> ${placeOf(other)}`),
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

const largestFirst = <Sized extends Size>(sizes: ReadonlyArray<Sized>): ReadonlyArray<Sized> =>
  [...sizes].sort((a, b) => b.size - a.size || (a.name < b.name ? -1 : 1))

const textOf = (file: string): string => readFileSync(join(root, file), "utf8")

/** The files by their lines, the longest first. */
export const lengths = (of: Graph): ReadonlyArray<Size> =>
  largestFirst(
    [...of.keys()].map((file) => ({
      name: placeOf(file),
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

/** A class as its source has it. */
interface Written extends Size {
  /** Its own members by their names; private ones by the name of the class as well, because no other class sees them. */
  readonly members: ReadonlySet<string>
  /** The class that it extends, and the file that has that one; `undefined` if it extends none, or none that a name leads to. */
  readonly base: { readonly file: string; readonly name: string } | undefined
}

/** The files that the names of a source's imports are from. */
const importedIn = (file: string, tree: { readonly body: ReadonlyArray<unknown> }): ReadonlyMap<string, string> =>
  new Map(
    tree.body.flatMap((node) => {
      const { source, specifiers, type } = node as {
        readonly type: string
        readonly source: { readonly value: string }
        readonly specifiers: ReadonlyArray<{ readonly local: { readonly name: string } }>
      }
      if (type !== "ImportDeclaration") return []
      const from = target({ file, specifier: source.value })
      return from === undefined ? [] : specifiers.map(({ local }) => [local.name, from] as const)
    }),
  )

/** The classes of a source by their own members: fields, methods and accessors, private ones too; a getter and its setter are one. */
export const classesIn = (file: string, source: string): ReadonlyArray<Written> => {
  const tree = parseAst(source, { lang: "ts" }, file)
  const imported = importedIn(file, tree)
  return nodesIn(tree, (type) => type.startsWith("Class") && type !== "ClassBody").map((node) => {
    const { body, id, superClass } = node as unknown as {
      readonly id?: { readonly name: string }
      readonly superClass?: { readonly name?: string }
      readonly body: { readonly body: ReadonlyArray<Node> }
    }
    const name = id?.name ?? "(unnamed)"
    const own = body.body.filter(({ kind }) => kind !== "constructor")
    const names = own.map(({ key, static: isStatic }) => {
      const {
        name: called,
        type,
        value,
      } = key as { readonly name?: string; readonly type: string; readonly value?: string }
      const place = type === "PrivateIdentifier" ? `${file} ${name}` : isStatic === true
      return `${place} ${type} ${called ?? value ?? source.length}`
    })
    const members = new Set(names)
    const extended = superClass?.name
    const base = extended === undefined ? undefined : { file: imported.get(extended) ?? file, name: extended }
    return { name, file, size: members.size, members, base }
  })
}

/** The same classes with what they inherit from each other. A member that is declared again is counted once. */
export const inheriting = (all: ReadonlyArray<Written>): ReadonlyArray<Size> => {
  const membersOf = ({ base, members }: Written): ReadonlySet<string> => {
    const above = base && all.find(({ file, name }) => file === base.file && name === base.name)
    return above === undefined ? members : new Set([...members, ...membersOf(above)])
  }
  return largestFirst(all.map((one) => ({ name: one.name, file: one.file, size: membersOf(one).size })))
}

let read: ReadonlyArray<Written> | undefined

/** The classes of all packages by their own members, the largest first. */
export const classes = (): ReadonlyArray<Written> => {
  read ??= largestFirst(
    sources()
      .filter((file) => file.startsWith("packages/"))
      .map((file) => [file, textOf(file)] as const)
      // To parse all would take seconds.
      .flatMap(([file, text]) => (/\bclass\b/.test(text) ? classesIn(file, text) : [])),
  )
  return read
}
