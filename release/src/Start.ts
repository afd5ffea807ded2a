/** How long a command takes to start. */
import { must } from "./Command.ts"

const median = (numbers: ReadonlyArray<number>): number => numbers.toSorted((a, b) => a - b)[numbers.length >> 1] ?? 0

/** What a command takes beyond a Node that does nothing, in ms: the median of rounds in which the two take turns. */
export const overNode = async (
  node: string,
  args: ReadonlyArray<string>,
  cwd: string,
  rounds = 15,
): Promise<number> => {
  const over: Array<number> = []
  for (let round = 0; round < rounds; round++) {
    const { millis: bare } = await must(node, ["-e", "0"], { cwd })
    const { millis } = await must(node, args, { cwd })
    over.push(millis - bare)
  }
  return median(over)
}
