/** The six states and the arrows between them, the present state and the arrow just taken lit. */
import type { SessionState } from "@pbx-auth/machine/SessionView"
import { useMemo } from "preact/hooks"
import { type Facing, type Label, layoutOf, rareWay } from "./ChartLayout.ts"
import type { Step } from "./Step.ts"

const topOf = (path: string) => path.split(".")[0] as SessionState

const Text = ({ label }: { readonly label: Label }) => (
  <text
    class="pg-label"
    x={label.x}
    y={label.y}
    text-anchor={label.anchor}
    transform={label.isTurned ? `rotate(90 ${label.x} ${label.y})` : undefined}
  >
    {label.lines.map((line, index) => (
      <tspan key={line} x={label.x} dy={index === 0 ? 0 : 14}>
        {line}
      </tspan>
    ))}
  </text>
)

const Head = ({ id }: { readonly id: string }) => (
  <marker
    id={id}
    viewBox="0 0 10 10"
    refX="9"
    refY="5"
    markerWidth="9"
    markerHeight="9"
    markerUnits="userSpaceOnUse"
    orient="auto-start-reverse"
  >
    <path d="M0 1L9 5L0 9z" fill="context-stroke" />
  </marker>
)

/** Inner states, two in a row if there is room. */
const Inner = ({
  columns,
  names,
  lit,
  top,
  width,
}: {
  readonly columns: number
  readonly names: ReadonlyArray<string>
  readonly lit: string | undefined
  /** Where the first one stands. */
  readonly top: number
  readonly width: number
}) => (
  <>
    {names.map((name, index) => {
      const inLast = columns > 1 && index === names.length - 1 && names.length % columns === 1
      const column = index % columns
      const slot = (width - 16) / columns
      const x = inLast || columns === 1 ? width / 2 : 8 + slot * (column + 0.5)
      const y = top + Math.floor(index / columns) * 19
      const half = Math.min(slot / 2 - 1, name.length * 3.15 + 7)
      return (
        <g key={name} class={name === lit ? "pg-inner pg-on" : "pg-inner"}>
          <rect x={x - half} y={y - 8} width={half * 2} height={16} rx={8} />
          <text x={x} y={y + 3.6} text-anchor="middle">
            {name}
          </text>
        </g>
      )
    })}
  </>
)

const Drawing = ({
  facing,
  path,
  step,
}: {
  readonly facing: Facing
  readonly path: string
  readonly step: Step | undefined
}) => {
  const layout = useMemo(() => layoutOf(facing), [facing])
  const [top, inner] = path.split(".")
  const from = step === undefined ? undefined : topOf(step.from)
  const to = step === undefined ? undefined : topOf(step.to)
  const taken = layout.ways.find((way) => way.from === from && way.to === to)
  const rare =
    from !== undefined && to !== undefined && taken === undefined
      ? rareWay(facing, { from, to, event: step?.event ?? "" })
      : undefined
  return (
    <svg
      class={`pg-chart pg-${facing}`}
      viewBox={`0 0 ${layout.width} ${layout.height}`}
      role="img"
      aria-label={`The chart. Now in ${path}.`}
    >
      <defs>
        <Head id={`pg-head-${facing}`} />
      </defs>
      {layout.ways.map((way) => (
        <g key={`${way.from} ${way.to}`} class={way === taken ? "pg-way pg-on" : "pg-way"}>
          <path d={way.path} marker-end={`url(#pg-head-${facing})`} />
          <Text label={way.label} />
        </g>
      ))}
      {rare && step && (
        <g key={step.n} class="pg-way pg-rare">
          <path d={rare.path} marker-end={`url(#pg-head-${facing})`} />
          <Text label={rare.label} />
        </g>
      )}
      {layout.boxes.map(({ height, inner: names, state, width, x, y }) => {
        const columns = facing === "wide" && names.length > 2 ? 2 : 1
        // The name and the rows of inner states stand in the middle together.
        const rows = Math.ceil(names.length / columns)
        const first = (height - 19 * rows) / 2 + (rows === 0 ? 5 : 0)
        return (
          <g
            key={state}
            data-state={state}
            class={state === top ? "pg-box pg-on" : "pg-box"}
            transform={`translate(${x} ${y})`}
          >
            <rect class="pg-frame" width={width} height={height} rx={12} />
            <text class="pg-name" x={width / 2} y={first} text-anchor="middle">
              {state}
            </text>
            <Inner
              names={names}
              lit={state === top ? inner : undefined}
              width={width}
              columns={columns}
              top={first + 21}
            />
          </g>
        )
      })}
      {/* The arrow just taken is drawn above all, and anew for each step. */}
      {taken && <path key={step?.n} class="pg-taken" d={taken.path} pathLength={1} />}
    </svg>
  )
}

/** Both ways to lay it out; the page shows the one that fits. */
export const Chart = ({ path, steps }: { readonly path: string; readonly steps: ReadonlyArray<Step> }) => {
  // How the session came into the state that it is in.
  const step = steps.findLast(({ from, to }) => topOf(from) !== topOf(to))
  return (
    <div class="pg-card pg-charts">
      <Drawing facing="wide" path={path} step={step} />
      <Drawing facing="narrow" path={path} step={step} />
    </div>
  )
}
