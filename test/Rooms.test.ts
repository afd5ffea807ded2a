/** The rooms of the session package: floors, arrows, sizes, and the page that shows them. */
import { describe, expect, it } from "vitest"
import { command, limits, linesOf, picture, read, redrawn, rows } from "../scripts/draw-rooms.ts"
import {
  arrows,
  backArrows,
  classes,
  classesIn,
  doors,
  floors,
  graph,
  inheriting,
  lengths,
  plainArrows,
  roomOf,
  rooms,
  unlistedArrows,
} from "./Rooms.ts"

const now = graph()
const src = "packages/session/src/"

const drawn = (arrows: Record<string, ReadonlyArray<string>>) =>
  new Map(Object.entries(arrows).map(([from, to]) => [`${src}${from}.ts`, to.map((one) => `${src}${one}.ts`)]))

describe("the rooms", () => {
  it("are folders with their doors, and single modules at the top", () => {
    expect(roomOf(`${src}engine/Driver.ts`)).toBe("engine")
    expect(roomOf(`${src}SessionRuntime.ts`)).toBe("engine")
    expect(roomOf(`${src}Bearer.ts`)).toBe("Bearer")
  })

  it("have each a door, where they are said to have one", () => {
    const names = [...now.keys()].map((file) => file.slice(src.length).replace(/\.ts$/, ""))
    expect(Object.entries(doors).filter(([, door]) => !names.some((name) => door.test(name)))).toEqual([])
  })

  it(`stand on ${limits.floors} floors at most`, () => {
    expect(
      floors(now).length,
      floors(now)
        .map((names) => names.join(" "))
        .join("\n"),
    ).toBeLessThanOrEqual(limits.floors)
  })

  it("have no arrow that runs back up", () => {
    expect(backArrows(now)).toEqual([])
  })

  it("know the rooms that they may know, and use what they may", () => {
    expect(Object.keys(arrows).sort()).toEqual([...rooms(now).keys()])
    expect(unlistedArrows(now, arrows)).toEqual([])
  })

  it("would be found to know another", () => {
    const house = drawn({ "engine/Driver": ["time/Alarm"], "face/Face": ["engine/Driver"], "time/Alarm": [] })
    const listed = { engine: ["time"], face: ["engine"], time: [] }
    expect(unlistedArrows(house, listed)).toEqual([])
    const more = drawn({ "engine/Driver": [], "face/Face": ["engine/Driver", "time/Alarm"], "time/Alarm": [] })
    expect(backArrows(more)).toEqual([])
    expect(unlistedArrows(more, listed)).toEqual(["face/Face.ts -> time/Alarm.ts", "engine -> time: no file draws it"])
  })

  it("would be found otherwise", () => {
    const tower = drawn({ Bearer: [], "time/Alarm": ["Bearer"], "engine/Driver": ["time/Alarm", "Bearer"] })
    expect(floors(tower)).toEqual([["Bearer"], ["time"], ["engine"]])
    expect(plainArrows(rooms(tower))).toEqual([
      ["engine", "time"],
      ["time", "Bearer"],
    ])
    const circle = drawn({
      "engine/Driver": ["face/Face"],
      "face/Face": [],
      "face/News": ["engine/Driver"],
      Bearer: [],
    })
    expect(backArrows(circle)).toEqual(["engine/Driver.ts -> face/Face.ts", "face/News.ts -> engine/Driver.ts"])
    expect(floors(circle)).toEqual([["Bearer", "engine", "face"]])
  })
})

describe("the sizes", () => {
  it(`no file is longer than ${limits.lines} lines, and none of the engine, the record and the pace than ${limits.engineLines}`, () => {
    const most = (name: string) => (/^(engine|pace|record)\//.test(name) ? limits.engineLines : limits.lines)
    expect(lengths(now).flatMap(({ name, size }) => (size > most(name) ? [`${name}: ${size}`] : []))).toEqual([])
  })

  it(`no class has more than ${limits.members} members`, () => {
    expect(classes().flatMap(({ name, size }) => (size > limits.members ? [`${name}: ${size}`] : []))).toEqual([])
  })

  it(`no class has more than ${limits.inheriting} members with what it inherits`, () => {
    const heirs = inheriting(classes())
    expect(heirs.flatMap(({ name, size }) => (size > limits.inheriting ? [`${name}: ${size}`] : []))).toEqual([])
    expect(heirs[0]).toMatchObject({ name: "Registered" })
  })

  it("of a class are counted with those of the classes above it, in other files too", () => {
    const [far] = classesIn("packages/x/src/Far.ts", "export class Far { a = 1; #own = 2; b() {} }")
    const near = classesIn(
      "packages/x/src/near/Near.ts",
      `
        import { Far } from "../Far.ts"
        class Near extends Far { #own = 3; b() {} c = 4 }
        class Nearest extends Near { d = 5 }
        class Other extends Elsewhere { e = 6 }
      `,
    )
    expect(inheriting([...(far === undefined ? [] : [far]), ...near]).map(({ name, size }) => [name, size])).toEqual([
      ["Nearest", 6],
      ["Near", 5],
      ["Far", 3],
      ["Other", 1],
    ])
  })

  it("of a class are counted whole", () => {
    const source = `
      class One { a = 1; #a = 2; static a = 3; constructor() {} get b() { return 1 } set b(_: number) {} #c() {} "d" = 1; [Symbol.iterator]() {} }
      const two = class { inner = class { x = 1; y = 2 } }
    `
    expect(classesIn("x.ts", source).map(({ name, size }) => [name, size])).toEqual([
      ["One", 7],
      ["(unnamed)", 1],
      ["(unnamed)", 2],
    ])
  })
})

describe("CONTRIBUTING.md", () => {
  it("shows the house as it is", () => {
    expect(redrawn(read(), now), `it is stale; draw it anew with: ${command}`).toBe(read())
  })

  it("has a row for each room, and says about how long it is", () => {
    expect([...rows(read())].map(([room]) => room).sort()).toEqual([...rooms(now).keys()])
    const wrong = [...rows(read())].flatMap(([room, said]) => {
      const lines = linesOf(now, room)
      return Math.abs(lines - said) > Math.max(100, lines / 8) ? [`${room}: ${lines}, and not about ${said}`] : []
    })
    expect(wrong).toEqual([])
  })

  it("would be found stale, and without a place for the picture", () => {
    expect(redrawn(read().replace("  room_engine --> room_time\n", ""), now)).toBe(redrawn(read(), now))
    expect(() => redrawn(read().replace("<!-- rooms -->", ""), now)).toThrow("no place for the rooms")
    for (const room of rooms(now).keys()) expect(picture(now)).toContain(`[${room}]\n`)
  })
})
