/**
 * Where the chart's boxes and arrows stand, by hand: three columns by two rows, and turned over for a narrow page. The machine says which
 * arrows there are (`@pbx-auth/machine/Chart`); a test fails when a way of the machine has no place here.
 *
 * Ours, because a reader compares the chart before a step and after it. A layout program such as Graphviz places everything anew when one
 * arrow changes, and knows neither a grid nor a narrow page.
 */
import { states, type Way, ways } from "@pbx-auth/machine/Chart"
import type { SessionState } from "@pbx-auth/machine/SessionView"

export type Facing = "wide" | "narrow"
type Side = "top" | "right" | "bottom" | "left"

interface Point {
  readonly x: number
  readonly y: number
}

export interface Box extends Point {
  readonly state: SessionState
  readonly inner: ReadonlyArray<string>
  readonly width: number
  readonly height: number
}

export interface Label extends Point {
  readonly anchor: "start" | "middle" | "end"
  readonly lines: ReadonlyArray<string>
  /** It runs downward, along its line. */
  readonly isTurned?: boolean
}

interface DrawnWay {
  readonly from: SessionState
  readonly to: SessionState
  readonly path: string
  readonly label: Label
}

export interface Layout {
  readonly width: number
  readonly height: number
  readonly boxes: ReadonlyArray<Box>
  readonly ways: ReadonlyArray<DrawnWay>
}

/** The place of each state in the grid when it is wide: its column and its row. */
const grid: Readonly<Record<SessionState, readonly [column: number, row: number]>> = {
  unauthenticated: [0, 0],
  authenticated: [1, 0],
  masqueraded: [2, 0],
  mfa_required: [0, 1],
  expiring: [1, 1],
  refreshed: [2, 1],
}

/** Sizes in the units of the drawing. `pad` keeps the outer arrow inside. */
const sizes = {
  wide: { width: 190, height: 120, across: 112, down: 156, left: 8, top: 8, pad: [8, 46] },
  narrow: { width: 138, height: 118, across: 96, down: 76, left: 4, top: 6, pad: [42, 6] },
} as const

/** A way leaves a box on one side and enters the other on another, so far along each (0 to 1). */
interface Route {
  readonly leaves: readonly [Side, number]
  readonly enters: readonly [Side, number]
  /** Where the label stands beside the line, when wide and when narrow: by the line's middle. */
  readonly label: Readonly<Record<Facing, readonly [dx: number, dy: number, anchor: Label["anchor"]]>>
  readonly bend?: "curve" | "around"
}

const above = [0, -7, "middle"] as const
const below = [0, 17, "middle"] as const
const left = [-8, 4, "end"] as const
const right = [8, 4, "start"] as const

/** As it is drawn when wide. Narrow, columns and rows change places: right is bottom, and left is top. */
const routes: Readonly<Record<string, Route>> = {
  "unauthenticated > authenticated": {
    leaves: ["right", 0.5],
    enters: ["left", 0.5],
    label: { wide: above, narrow: right },
  },
  "unauthenticated > mfa_required": {
    leaves: ["bottom", 0.5],
    enters: ["top", 0.5],
    label: { wide: right, narrow: above },
  },
  "mfa_required > authenticated": {
    leaves: ["top", 0.86],
    enters: ["bottom", 0.12],
    bend: "curve",
    label: { wide: [-4, -10, "end"], narrow: [-18, -9, "end"] },
  },
  "mfa_required > refreshed": {
    leaves: ["bottom", 0.5],
    enters: ["bottom", 0.5],
    bend: "around",
    label: { wide: above, narrow: [9, 0, "middle"] },
  },
  "authenticated > expiring": {
    leaves: ["bottom", 0.66],
    enters: ["top", 0.66],
    label: { wide: right, narrow: below },
  },
  "expiring > authenticated": {
    leaves: ["top", 0.42],
    enters: ["bottom", 0.42],
    label: { wide: left, narrow: above },
  },
  "authenticated > masqueraded": {
    leaves: ["right", 0.34],
    enters: ["left", 0.34],
    label: { wide: above, narrow: left },
  },
  "masqueraded > authenticated": {
    leaves: ["left", 0.66],
    enters: ["right", 0.66],
    label: { wide: below, narrow: right },
  },
  "expiring > mfa_required": {
    leaves: ["left", 0.5],
    enters: ["right", 0.5],
    label: { wide: above, narrow: right },
  },
  "expiring > refreshed": {
    leaves: ["right", 0.34],
    enters: ["left", 0.34],
    label: { wide: above, narrow: left },
  },
  "refreshed > expiring": {
    leaves: ["left", 0.66],
    enters: ["right", 0.66],
    label: { wide: below, narrow: right },
  },
  "masqueraded > expiring": {
    leaves: ["bottom", 0.1],
    enters: ["top", 0.88],
    bend: "curve",
    label: { wide: [4, 22, "start"], narrow: [8, 27, "start"] },
  },
  "refreshed > masqueraded": {
    leaves: ["top", 0.42],
    enters: ["bottom", 0.42],
    label: { wide: left, narrow: above },
  },
  "masqueraded > refreshed": {
    leaves: ["bottom", 0.66],
    enters: ["top", 0.66],
    label: { wide: right, narrow: below },
  },
}

/** The ways that have a place here: `from > to`. */
export const places: ReadonlyArray<string> = Object.keys(routes)

const turned: Readonly<Record<Side, Side>> = { top: "left", left: "top", right: "bottom", bottom: "right" }

const boxOf = (facing: Facing, state: SessionState): Omit<Box, "inner"> => {
  const { across, down, height, left, top, width } = sizes[facing]
  const [column, row] = facing === "wide" ? grid[state] : ([grid[state][1], grid[state][0]] as const)
  return { state, x: left + column * (width + across), y: top + row * (height + down), width, height }
}

const on = ({ height, width, x, y }: Omit<Box, "inner">, side: Side, share: number): Point => {
  switch (side) {
    case "top":
      return { x: x + width * share, y }
    case "bottom":
      return { x: x + width * share, y: y + height }
    case "left":
      return { x, y: y + height * share }
    case "right":
      return { x: x + width, y: y + height * share }
  }
}

/** How far the outer arrow stands off the boxes. */
const off = 26
const corner = 12

const lineOf = (facing: Facing, route: Route, from: SessionState, to: SessionState) => {
  const sideOf = (side: Side) => (facing === "wide" ? side : turned[side])
  const a = on(boxOf(facing, from), sideOf(route.leaves[0]), route.leaves[1])
  const b = on(boxOf(facing, to), sideOf(route.enters[0]), route.enters[1])
  const middle = { x: (a.x + b.x) / 2, y: (a.y + b.y) / 2 }
  if (route.bend === "around") {
    return facing === "wide"
      ? {
          path: `M${a.x} ${a.y}v${off - corner}q0 ${corner} ${corner} ${corner}H${b.x - corner}q${corner} 0 ${corner} ${-corner}V${b.y}`,
          middle: { x: middle.x, y: a.y + off },
        }
      : {
          path: `M${a.x} ${a.y}h${off - corner}q${corner} 0 ${corner} ${corner}V${b.y - corner}q0 ${corner} ${-corner} ${corner}H${b.x}`,
          // Beside the lower gap, where nothing else is written.
          middle: { x: a.x + off, y: middle.y },
        }
  }
  const path =
    route.bend === undefined
      ? `M${a.x} ${a.y}L${b.x} ${b.y}`
      : facing === "wide"
        ? `M${a.x} ${a.y}C${a.x} ${middle.y} ${b.x} ${middle.y} ${b.x} ${b.y}`
        : `M${a.x} ${a.y}C${middle.x} ${a.y} ${middle.x} ${b.y} ${b.x} ${b.y}`
  return { path, middle }
}

/** Conditions are told where there is room: along the outer arrow. */
const wordsOf = ({ events }: Way, hasRoom: boolean): ReadonlyArray<string> => [
  ...new Set(events.map(({ event, when }) => (hasRoom && when !== "" ? `${event} (${when})` : event))),
]

const drawn = (facing: Facing, way: Way): DrawnWay => {
  const { from, to } = way
  const route = routes[`${from} > ${to}`]
  if (route === undefined) throw new Error(`ChartLayout.ts has no place for the way from ${from} to ${to}`)
  const { middle, path } = lineOf(facing, route, from, to)
  const [dx, dy, anchor] = route.label[facing]
  const words = wordsOf(way, route.bend === "around")
  // Beside an upright line there is room for two lines of text, and not for one long one.
  const lines = anchor === "middle" ? [words.join(", ")] : words
  const lift = lines.length > 1 ? 7 : 0
  return {
    from,
    to,
    path,
    label: {
      x: middle.x + dx,
      y: middle.y + dy - lift,
      anchor,
      lines,
      isTurned: route.bend === "around" && facing === "narrow",
    },
  }
}

/** The whole picture. */
export const layoutOf = (facing: Facing): Layout => {
  const { across, down, height, left, pad, top, width } = sizes[facing]
  const [columns, rows] = facing === "wide" ? [3, 2] : [2, 3]
  const inner = states()
  return {
    width: left + columns * width + (columns - 1) * across + pad[0],
    height: top + rows * height + (rows - 1) * down + pad[1],
    boxes: (Object.keys(grid) as ReadonlyArray<SessionState>).map((state) => ({
      ...boxOf(facing, state),
      inner: inner[state],
    })),
    ways: ways().map((way) => drawn(facing, way)),
  }
}

/**
 * The line of an arrow that the picture leaves out, such as `SignOut`: from the middle of a box to the edge of the other. Draw it
 * below the boxes.
 */
export const rareWay = (
  facing: Facing,
  { from, to, event }: { readonly from: SessionState; readonly to: SessionState; readonly event: string },
) => {
  const a = boxOf(facing, from)
  const b = boxOf(facing, to)
  const start = { x: a.x + a.width / 2, y: a.y + a.height / 2 }
  const goal = { x: b.x + b.width / 2, y: b.y + b.height / 2 }
  const length = Math.hypot(goal.x - start.x, goal.y - start.y)
  const [ux, uy] = [(goal.x - start.x) / length, (goal.y - start.y) / length]
  const reach = Math.min(b.width / 2 / Math.max(Math.abs(ux), 1e-6), b.height / 2 / Math.max(Math.abs(uy), 1e-6))
  // A little aside, so that it does not lie on a usual way.
  const [sx, sy] = [-uy * 16, ux * 16]
  const end = { x: goal.x - ux * reach + sx, y: goal.y - uy * reach + sy }
  const label: Label = {
    x: end.x - ux * 34 + (uy === 0 ? 0 : 8),
    y: end.y - uy * 34 + (uy === 0 ? 18 : 4),
    anchor: uy === 0 ? "middle" : "start",
    lines: [event],
  }
  return { path: `M${start.x + sx} ${start.y + sy}L${end.x} ${end.y}`, label }
}
