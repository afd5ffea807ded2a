/** Time under the reader's thumb. */
import { type JumpId, jumpIds, jumps } from "./Action.ts"
import { Button, Choice } from "./Controls.tsx"
import type { Playground, State } from "./Model.ts"
import { about, date } from "./Words.ts"

const speeds = [1, 60, 600] as const

type Props = { readonly playground: Playground } & Pick<State, "isPlaying" | "now" | "phase" | "speed" | "view">

export const Time = ({ isPlaying, now, phase, playground, speed, view }: Props) => {
  const { dueAt, expiresAt } = view
  const isReady = phase === "ready"
  const until = (at: number | null) => (at === null ? null : Math.max(0, at - now))
  const spans: Readonly<Record<JumpId, number | null>> = {
    minute: 60_000,
    due: until(dueAt ?? expiresAt),
    end: until(expiresAt),
    days: 281 * 86_400_000,
  }
  return (
    <section class="pg-card pg-time" aria-label="Time">
      <h2>Time</h2>
      <p class="pg-clock">
        <Button isPressed={isPlaying} name="play" title="Let time pass" onClick={() => playground.play(!isPlaying)}>
          <span aria-hidden="true">{isPlaying ? "❚❚" : "►"}</span>
          <span class="pg-hidden">{isPlaying ? "Pause" : "Play"}</span>
        </Button>
        <time>{now === 0 ? "—" : date(now)}</time>
        <small>UTC</small>
        <Choice
          legend="Speed"
          class="pg-quiet"
          options={speeds.map((one) => [one, `${one}×`])}
          value={speed}
          onChoose={playground.speedUp}
        />
      </p>
      <div class="pg-actions">
        {jumpIds.map((id) => {
          const ms = spans[id]
          return (
            <Button key={id} name={id} isOff={!isReady || ms === null} onClick={() => void playground.act(id)}>
              {jumps[id]}
              {(id === "due" || id === "end") && <small class="pg-ahead">{ms === null ? "—" : about(ms)}</small>}
            </Button>
          )
        })}
      </div>
    </section>
  )
}
