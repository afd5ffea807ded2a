/** What goes wrong next. */
import { Button, Choice } from "./Controls.tsx"
import { faultIds, faults } from "./Fault.ts"
import type { Playground, State } from "./Model.ts"
import { latencies } from "./Provider.ts"

type Props = { readonly playground: Playground } & Pick<State, "armed" | "phase" | "settings">

export const Faults = ({ armed, phase, playground, settings }: Props) => (
  <section class="pg-card pg-faults" aria-label="What goes wrong next">
    <h2>
      What goes wrong next
      <Choice
        legend="Latency"
        class="pg-quiet"
        options={latencies.map((ms) => [ms, ms === 0 ? "0 s" : `${ms / 1000} s`])}
        value={settings.latency}
        onChoose={(latency) => void playground.delay(latency)}
      />
    </h2>
    <div class="pg-actions">
      {faultIds.map((id) => (
        <Button
          key={id}
          name={`fault.${id}`}
          title={faults[id].about}
          isOff={phase !== "ready"}
          isPressed={armed === id}
          onClick={() => void playground.act(armed === id ? "clear" : `fault.${id}`)}
        >
          {faults[id].label}
        </Button>
      ))}
    </div>
    <p class="pg-armed" role="status">
      {armed === null ? "Nothing is armed. Choose what happens to the next request for a token." : faults[armed].about}
    </p>
  </section>
)
