/**
 * `Intl.Segmenter` for the command line tool: it reads the tables of how texts break when something is first taken apart. Node's own
 * reads them when it is made; a library of the tool makes one as it loads, and that took a tenth of each start, for widths of lines
 * that are printed seldom.
 */
export class LateSegmenter {
  readonly #options: ConstructorParameters<typeof Intl.Segmenter>
  #real: Intl.Segmenter | undefined

  constructor(...options: ConstructorParameters<typeof Intl.Segmenter>) {
    this.#options = options
  }

  segment(text: string): Intl.Segments {
    // By its full name, which the bundler leaves alone.
    this.#real ??= new globalThis.Intl.Segmenter(...this.#options)
    return this.#real.segment(text)
  }
}
