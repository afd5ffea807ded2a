/** What a command, a flag and an argument are made of, and what a command was given by its types. The commands are in `Grammar`. */

/**
 * A flag. The table names it `actAs`, and on the command line it is `--act-as`.
 *
 * @category models
 */
export interface Flag {
  /** What the help says. */
  readonly says: string
  /** What follows it: a word for the help (`URL`), or the possible values. A flag without it is on or off. */
  readonly takes?: string | ReadonlyArray<string>
  /** Which values it accepts, and how to say that, if not every text is valid. */
  readonly valid?: { readonly test: (value: string) => boolean; readonly says: string }
  /** It may be given several times. */
  readonly many?: true
  /** The command does not run without it. */
  readonly needed?: true
  /** One letter that stands for it. */
  readonly short?: string
  /** The help does not show it. */
  readonly hidden?: true
}

/**
 * A command.
 *
 * @category models
 */
export interface Command {
  /** One line. */
  readonly says: string
  /** What its own help says below that line. */
  readonly more?: string
  readonly flags: Readonly<Record<string, Flag>>
  /** Its argument. */
  readonly argument?: Argument
  /** A second argument, which may be left out. */
  readonly second?: Argument
  /** It takes a command line of another program behind `--`. */
  readonly rest?: Argument
  readonly examples?: ReadonlyArray<{ readonly command: string; readonly says?: string }>
}

/**
 * An argument: a word for the help, and the values to choose from. Without `takes` every text is valid.
 *
 * @category models
 */
export interface Argument {
  readonly name: string
  readonly says: string
  readonly takes?: ReadonlyArray<string>
  /** What can be typed in its place. */
  readonly otherwise?: string
  /** It may be left out. */
  readonly optional?: true
}

/** What an argument holds once it was read. */
type Word<A> = A extends { readonly takes: ReadonlyArray<infer Choice> }
  ? Choice | (A extends { readonly optional: true } ? undefined : never)
  : string | (A extends { readonly optional: true } ? undefined : never)

/** What a flag holds once it was read. */
type Value<F extends Flag> = F extends { readonly many: true }
  ? ReadonlyArray<string>
  : F extends { readonly takes: infer Takes }
    ? (Takes extends ReadonlyArray<infer Choice> ? Choice : string) | (F extends { needed: true } ? never : undefined)
    : boolean | undefined

/**
 * What a command was given.
 *
 * @category models
 */
export type GivenTo<C extends Command> = { readonly [Name in keyof C["flags"]]: Value<C["flags"][Name]> } & {
  readonly argument: C extends { readonly argument: infer A } ? Word<A> : undefined
} & (C extends { readonly second: Argument } ? { readonly second: string | undefined } : unknown) &
  (C extends { readonly rest: Argument } ? { readonly rest: ReadonlyArray<string> } : unknown)
