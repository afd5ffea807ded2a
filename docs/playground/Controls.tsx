/** Buttons and choices, as every part of the page uses them. */
import type { ComponentChildren } from "preact"
import { useId } from "preact/hooks"

interface ButtonProps {
  readonly children: ComponentChildren
  readonly onClick: () => void
  readonly isMain?: boolean
  readonly isPressed?: boolean
  readonly isOff?: boolean
  readonly title?: string
  readonly name?: string
}

/** A button that is off stays in the order of the keys, so that focus is not lost. */
export const Button = ({ children, isMain, isOff, isPressed, name, onClick, title }: ButtonProps) => (
  <button
    type="button"
    class={isMain ? "pg-button pg-main" : "pg-button"}
    aria-pressed={isPressed}
    aria-disabled={isOff || undefined}
    title={title}
    data-do={name}
    onClick={() => {
      if (!isOff) onClick()
    }}
  >
    {children}
  </button>
)

interface ChoiceProps<T extends string | number> {
  readonly legend: string
  readonly options: ReadonlyArray<readonly [value: T, label: string]>
  readonly value: T
  readonly onChoose: (value: T) => void
  readonly isOff?: boolean
  readonly class?: string
}

/** One of a few: radio buttons, so the arrow keys work. */
export const Choice = <T extends string | number>({
  class: name,
  isOff,
  legend,
  onChoose,
  options,
  value,
}: ChoiceProps<T>) => {
  const group = useId()
  return (
    <fieldset class={`pg-choice ${name ?? ""}`} disabled={isOff}>
      <legend>{legend}</legend>
      <div class="pg-segments">
        {options.map(([one, label]) => (
          <label key={one}>
            <input type="radio" name={group} value={one} checked={one === value} onChange={() => onChoose(one)} />
            <span data-label={label}>{label}</span>
          </label>
        ))}
      </div>
    </fieldset>
  )
}
