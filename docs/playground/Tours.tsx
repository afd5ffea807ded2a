/** "Show me": stories that play by themselves. */
import { Button } from "./Controls.tsx"
import { Ends } from "./Ends.tsx"
import type { Playground, State } from "./Model.ts"
import { tourIds, tours } from "./Tour.ts"

type Props = { readonly playground: Playground } & Pick<State, "touring">

export const Tours = ({ playground, touring }: Props) => {
  const steps = touring === null ? [] : tours[touring.id].steps
  return (
    <section
      class={touring === null ? "pg-card pg-tours" : "pg-card pg-tours pg-on"}
      aria-label="Show me"
      onKeyDown={(event) => {
        if (event.key === "Escape") playground.stopTour()
      }}
    >
      <div class="pg-actions">
        <span class="pg-tag">Show me</span>
        {tourIds.map((id) => (
          <Button
            key={id}
            name={`tour.${id}`}
            isPressed={touring?.id === id}
            onClick={() => (touring?.id === id ? playground.stopTour() : void playground.startTour(id))}
          >
            <span aria-hidden="true">{touring?.id === id ? "■" : "►"}</span> {tours[id].title}
          </Button>
        ))}
        <Ends playground={playground} />
      </div>
      <div class="pg-caption">
        <p role="status">
          {touring === null
            ? "Four stories of 20 seconds. Or press Sign in, and go on by yourself."
            : steps[touring.step]?.caption}
        </p>
        {touring !== null && (
          <>
            <span class="pg-steps" aria-hidden="true">
              {steps.map((step, index) => (
                <i key={step.caption} class={index <= touring.step ? "pg-on" : ""} />
              ))}
            </span>
            <Button name="next" onClick={playground.nextInTour}>
              Next
            </Button>
            <Button name="stop" onClick={playground.stopTour}>
              Stop
            </Button>
          </>
        )}
      </div>
    </section>
  )
}
