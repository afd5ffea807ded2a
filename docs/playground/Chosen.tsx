/** What the reader chooses before a session opens: provider, account, who signs in, rotation. */
import { Choice } from "./Controls.tsx"
import type { Playground, State } from "./Model.ts"
import { modes, type ProviderId, providerIds, providers, rotations, type Settings, settingsOf } from "./Provider.ts"

const modeLabels = { person: "A person", unattended: "Unattended" } as const
const rotationLabels = { none: "None", grace: "Grace", strict: "Strict" } as const

export const Chosen = ({
  playground,
  settings,
}: {
  readonly playground: Playground
  readonly settings: State["settings"]
}) => {
  const { accounts, hasPersons, rotates } = providers[settings.provider]
  const choose = (change: Partial<Settings>) => void playground.choose({ ...settings, ...change })
  return (
    <div class="pg-chosen">
      <Choice<ProviderId>
        class="pg-providers"
        legend="Provider"
        options={providerIds.map((id) => [id, providers[id].name])}
        value={settings.provider}
        onChoose={(provider) => void playground.choose(settingsOf(provider))}
      />
      <label class="pg-select">
        <span>Account</span>
        <select value={settings.account} onChange={(event) => choose({ account: event.currentTarget.value })}>
          {accounts.map(({ about, login }) => (
            <option key={login} value={login}>
              {login} ({about})
            </option>
          ))}
        </select>
      </label>
      <Choice
        legend="Who signs in"
        options={modes.map((mode) => [mode, modeLabels[mode]])}
        value={settings.mode}
        isOff={!hasPersons}
        onChoose={(mode) => choose({ mode })}
      />
      <Choice
        legend="Refresh token rotates"
        options={rotations.map((rotation) => [rotation, rotationLabels[rotation]])}
        value={settings.rotation}
        isOff={!rotates}
        onChoose={(rotation) => choose({ rotation })}
      />
    </div>
  )
}
