/**
 * How long the command takes to start: ways to begin that need nothing but the command itself, over a Node that does nothing. Ours:
 * hyperfine does this well, but is not on npm, and runs one command to its end before the next.
 */
import { provider } from "@pbx-auth/providers/SkySwitch"
import { run } from "./Command.ts"

/** ms over a bare Node of the same version that each of them may take. */
export const BUDGET = 60

/** The arguments, in an environment without variables of ours and without a terminal, and the exit code. */
export const ways = [
  { name: "--version", args: ["--version"], code: 0 },
  { name: "--help", args: ["--help"], code: 0 },
  { name: "token, with a wrong flag", args: ["token", provider.id, "--wrong"], code: 2 },
  { name: "token, refused for want of a variable", args: ["token", provider.id], code: 2 },
] as const

export interface Start {
  /** Of a Node that does nothing, in ms. */
  readonly bare: number
  /** What each way takes beyond that, in ms. */
  readonly over: ReadonlyMap<string, number>
}

const median = (numbers: ReadonlyArray<number>): number => numbers.toSorted((a, b) => a - b)[numbers.length >> 1] ?? 0

/** Medians of rounds in which a Node that does nothing and each way to begin take turns. */
export const measure = async (node: string, program: string, cwd: string, rounds = 15): Promise<Start> => {
  const bare: Array<number> = []
  const whole = new Map(ways.map(({ name }) => [name, [] as Array<number>] as const))
  const env = Object.fromEntries(
    Object.keys(process.env)
      .filter((name) => name.startsWith("PBX_AUTH_"))
      .map((name) => [name, ""]),
  )
  for (let round = 0; round < rounds; round++) {
    bare.push((await run(node, ["-e", "0"], { cwd })).millis)
    for (const { args, code, name } of ways) {
      const ended = await run(node, [program, ...args], { cwd, env })
      if (ended.code !== code) throw new Error(`${name} ended with ${ended.code}\n${ended.stderr}`)
      whole.get(name)?.push(ended.millis)
    }
  }
  return {
    bare: median(bare),
    over: new Map([...whole].map(([name, all]) => [name, median(all) - median(bare)])),
  }
}
