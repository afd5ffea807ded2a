/**
 * Counts how many characters are looked at, in place of time, which depends on the machine.
 *
 * What JavaScript itself does with texts is counted at its entry points: what a search costs at worst, by the lengths of what it is given. A
 * pattern that can run on from each place of a text where it begins (one with `*`, `+` or `{n,}`, not bound to the text's
 * beginning) counts as the square of the text's length.
 */

type Method = (this: unknown, ...args: Array<unknown>) => unknown

const lengthOf = (u: unknown): number => (typeof u === "string" || Array.isArray(u) ? u.length : 1)

const canRunOn = ({ source }: RegExp): boolean => !source.startsWith("^") && /[*+]|\{\d+,\}/.test(source)

const entryPoints: ReadonlyArray<readonly [owner: object, names: ReadonlyArray<string>, cost: Method]> = [
  // A search for a text may compare all of it at each place.
  [String.prototype, ["includes", "indexOf", "lastIndexOf"], costOfSearch],
  [Array.prototype, ["includes", "indexOf"], costOfSearch],
  [String.prototype, ["startsWith", "endsWith"], (text) => lengthOf(text)],
  [String.prototype, ["charCodeAt", "codePointAt", "charAt"], () => 1],
  [String.prototype, ["trim", "toLowerCase", "split", "slice", "replaceAll"], costOfWalk],
  [Array.prototype, ["map", "filter", "flatMap", "some", "every", "find", "join"], costOfWalk],
  [JSON, ["parse"], (text) => lengthOf(text)],
  [Object, ["keys", "values", "entries"], (value) => Object.getOwnPropertyNames(value ?? {}).length],
  [
    RegExp.prototype,
    ["exec"],
    function (this: unknown, text) {
      return canRunOn(this as RegExp) ? lengthOf(text) ** 2 : lengthOf(text)
    },
  ],
]

function costOfSearch(this: unknown, needle: unknown): number {
  return lengthOf(this) * (typeof this === "string" ? lengthOf(needle) : 1)
}

function costOfWalk(this: unknown): number {
  return lengthOf(this)
}

/** Walks over a collection, by its entries. */
const walks: typeof entryPoints = [new Set().values(), new Map().entries()].map((iterator) => [
  Object.getPrototypeOf(iterator),
  ["next"],
  () => 1,
])

interface Counting {
  readonly steps: () => number
  /** Nothing is counted any more, and everything is as it was. */
  readonly stop: () => void
}

/** Counts the characters that are looked at from now on in this process. */
export const count = (): Counting => counting(entryPoints)

/** Counts the entries of collections that are walked over from now on in this process. */
export const countWalks = (): Counting => counting(walks)

const counting = (counted: typeof entryPoints): Counting => {
  let steps = 0
  let isCounting = true
  const watched = (owner: object, name: string, cost: Method) => {
    const descriptor = Object.getOwnPropertyDescriptor(owner, name) as PropertyDescriptor
    const original = descriptor.value as Method
    const value: Method = function (...args) {
      if (isCounting) {
        isCounting = false
        steps += Number(cost.apply(typeof this === "object" ? this : String(this), args))
        isCounting = true
      }
      return original.apply(this, args)
    }
    Object.defineProperty(owner, name, { ...descriptor, value })
    return () => Object.defineProperty(owner, name, descriptor)
  }
  const undo = counted.flatMap(([owner, names, cost]) => names.map((name) => watched(owner, name, cost)))
  return {
    steps: () => steps,
    stop: () => {
      isCounting = false
      for (const one of undo) one()
    },
  }
}

/** How many characters are looked at, at worst, while something runs. */
export const stepsOf = (run: () => void): number => {
  const { steps, stop } = count()
  try {
    run()
  } finally {
    stop()
  }
  return steps()
}
