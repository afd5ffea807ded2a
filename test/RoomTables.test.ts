/** The rooms of each package, as CONTRIBUTING.md names them: every folder is one, and each knows only those above it. */
import { globSync } from "node:fs"
import { join } from "node:path"
import { describe, expect, it } from "vitest"
import { read } from "../scripts/draw-rooms.ts"
import { root } from "./Imports.ts"
import { backArrows, type Graph, graph, rooms } from "./Rooms.ts"

/** The names in the first column of each table of rooms, by package. */
const tablesIn = (page: string): ReadonlyMap<string, ReadonlyArray<string>> =>
  new Map(
    [...page.matchAll(/^\| room of `([\w-]+)`.*\n\|[-| ]+\n((?:\|.*\n)+)/gm)].map(([, name = "", rows = ""]) => [
      name,
      rows
        .split("\n")
        .flatMap((row) => [...(row.split("|")[1] ?? "").matchAll(/`(\w+)`/g)].map(([, room = ""]) => room)),
    ]),
  )

const tables = tablesIn(read())

const foldersOf = (name: string): ReadonlyArray<string> =>
  globSync("*/", { cwd: join(root, "packages", name, "src") }).map((folder) => folder.replace(/[/\\]$/, ""))

const packages = globSync("*/", { cwd: join(root, "packages") }).map((folder) => folder.replace(/[/\\]$/, ""))

/** The rooms that know a room below them in the table. */
const knowsBelow = (table: ReadonlyArray<string>, of: Graph): ReadonlyArray<string> =>
  [...rooms(of)].flatMap(([room, knows]) =>
    knows.filter((other) => table.indexOf(other) > table.indexOf(room)).map((other) => `${room} -> ${other}`),
  )

it("every folder of every package is in a table", () => {
  const missing = packages.flatMap((name) =>
    foldersOf(name)
      .filter((folder) => !tables.get(name)?.includes(folder))
      .map((folder) => `packages/${name}/src/${folder}`),
  )
  expect(missing).toEqual([])
  expect(packages.filter((name) => foldersOf(name).length > 0).length).toBeGreaterThan(3)
})

describe.each(["providers", "cli", "emulator"])("the rooms of %s", (name) => {
  const now = graph(name)
  const table = tables.get(name) ?? []

  it("are those of the table, and no module lies beside them unnamed", () => {
    expect([...table].sort()).toEqual([...rooms(now).keys()].sort())
    expect(rooms(now).size).toBeGreaterThan(5)
  })

  it("have no arrow that runs back up", () => {
    expect(backArrows(now)).toEqual([])
  })

  it("stand in an order in which each knows only those above it", () => {
    expect(knowsBelow(table, now)).toEqual([])
  })
})

it("a circle, a wrong order and a forgotten folder would be found", () => {
  const src = "packages/cli/src/"
  const drawn = new Map([
    [`${src}shell/Variable.ts`, [`${src}start/Answer.ts`]],
    [`${src}shell/Printable.ts`, []],
    [`${src}start/Answer.ts`, [`${src}shell/Printable.ts`]],
    [`${src}bin.ts`, [`${src}start/Answer.ts`]],
  ])
  expect(backArrows(drawn)).toEqual(["shell/Variable.ts -> start/Answer.ts", "start/Answer.ts -> shell/Printable.ts"])
  expect(knowsBelow(["shell", "start", "bin"], drawn)).toEqual(["shell -> start"])
  const page = "| room of `cli` | knows |\n| --- | --- |\n| `shell`, `start` | a |\n| `bin` | `b` |\n\ntext\n"
  expect(tablesIn(page)).toEqual(new Map([["cli", ["shell", "start", "bin"]]]))
})
