/** The playground: the real library and the emulated vendors in the reader's tab. */
import { useEffect, useMemo, useState } from "preact/hooks"
import * as Address from "./Address.ts"
import { Chart } from "./Chart.tsx"
import { Chosen } from "./Chosen.tsx"
import { Events } from "./Events.tsx"
import { Faults } from "./Faults.tsx"
import * as Model from "./Model.ts"
import { Now } from "./Now.tsx"
import "./playground.css"
import { settingsOf, skySwitch } from "./Provider.ts"
import { Time } from "./Time.tsx"
import { Tours } from "./Tours.tsx"
import { ViewPanel } from "./ViewPanel.tsx"
import { Wire } from "./Wire.tsx"

/** How often time moves while it plays, ms. */
const beat = 250

/** The query of the first page. It needs none. */
const plain = Address.write({ settings: settingsOf(skySwitch) })

const wait = (ms: number) => new Promise<void>((resolve) => setTimeout(resolve, ms))

/** Resolves when the chart is drawn and the browser has nothing better to do; a second later in any case. */
const idle = async () => {
  await new Promise((resolve) => requestAnimationFrame(resolve))
  // Not every browser tells when it is idle.
  await new Promise<unknown>((resolve) =>
    "requestIdleCallback" in window ? requestIdleCallback(resolve, { timeout: 1_000 }) : setTimeout(resolve, 50),
  )
}

export default function Playground() {
  const playground = useMemo(
    () =>
      Model.make({
        // The library comes after the picture.
        load: async () => {
          await idle()
          return import("./Client.ts")
        },
        wait,
      }),
    [],
  )
  const [state, setState] = useState(playground.state)
  useEffect(() => {
    const forget = playground.subscribe(() => setState(playground.state()))
    void playground.go(Address.read(location.search))
    const beats = setInterval(() => {
      if (!document.hidden) void playground.tick(beat)
    }, beat)
    return () => {
      forget()
      clearInterval(beats)
      void playground.close()
    }
  }, [playground])

  // The address is that of the state that is shown, so that it can be sent to somebody.
  const { does, fault, isReplaying, settings, touring } = state
  useEffect(() => {
    if (isReplaying || touring !== null) return
    const query = playground.address()
    history.replaceState(history.state, "", (query === plain ? location.pathname : query) + location.hash)
  }, [does, fault, isReplaying, playground, settings, touring])

  const { armed, isPlaying, now, phase, snapshot, speed, steps, view, wire } = state
  return (
    <div class="pg not-content">
      {useMemo(
        () => (
          <Chosen playground={playground} settings={settings} />
        ),
        [settings],
      )}
      {useMemo(
        () => (
          <Tours playground={playground} touring={touring} />
        ),
        [touring],
      )}
      <div class="pg-stage">
        <Now playground={playground} state={state} />
        {useMemo(
          () => (
            <Chart path={view.path} steps={steps} />
          ),
          [view.path, steps],
        )}
      </div>
      <div class="pg-turns">
        <Time playground={playground} isPlaying={isPlaying} now={now} phase={phase} speed={speed} view={view} />
        {useMemo(
          () => (
            <Faults playground={playground} armed={armed} phase={phase} settings={settings} />
          ),
          [armed, phase, settings],
        )}
      </div>
      <div class="pg-logs">
        {useMemo(
          () => (
            <Wire wire={wire} />
          ),
          [wire],
        )}
        {useMemo(
          () => (
            <Events steps={steps} />
          ),
          [steps],
        )}
      </div>
      {useMemo(
        () => (
          <ViewPanel snapshot={snapshot} view={view} />
        ),
        [snapshot, view],
      )}
    </div>
  )
}
