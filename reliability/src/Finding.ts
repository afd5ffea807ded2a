/**
 * What a row measured, and whether that meets its bar.
 */

export interface Figure {
  readonly name: string
  readonly value: number | string
  /** The same at every run, on every machine and at every scale, so that it may be on a page. */
  readonly isStable: boolean
}

export interface Finding {
  readonly held: boolean
  readonly figures: ReadonlyArray<Figure>
  /** What fell short, as sentences; absent when nothing did. */
  readonly why?: string
}

/** A row has found what it was asked to find, and need not go on. */
export class Enough extends Error {
  readonly finding: Finding

  constructor(finding: Finding) {
    super("It has seen enough")
    this.finding = finding
  }
}

/** Where a row records what it measures. */
export class Notes {
  readonly #figures: Array<Figure> = []
  readonly #short = new Set<string>()
  readonly #enough: string | undefined

  /** `enough`: if this falls short, the row ends there. Without it a row goes on to its end. */
  constructor({ enough }: { readonly enough?: string } = {}) {
    this.#enough = enough
  }

  /** A figure that is the same in every run. */
  count(name: string, value: number | string): this {
    this.#figures.push({ name, value, isStable: true })
    return this
  }

  /** A figure that depends on the scale, the machine or chance. */
  measure(name: string, value: number | string): this {
    this.#figures.push({ name, value, isStable: false })
    return this
  }

  /** What the bar asks for. */
  must(what: string, is: boolean): this {
    if (!is) {
      this.#short.add(what)
      if (this.#enough !== undefined && what.includes(this.#enough)) throw new Enough(this.finding)
    }
    return this
  }

  get finding(): Finding {
    return {
      held: this.#short.size === 0,
      figures: this.#figures,
      ...(this.#short.size > 0 && { why: [...this.#short].map((what) => `not so: ${what}`).join("\n") }),
    }
  }
}
