/**
 * A tutorial, as a reader follows it: the page's own blocks, in their order. Ours: programs that run Markdown know neither which file a
 * reader saves a block as, nor a program that goes on running.
 *
 * The words before a block say what to do with it: "save this as `x.mjs`", "change the password in `x.mjs` to `12345`", "in the folder
 * that holds the clone". A block of `text` is what the reader sees then.
 */
import { type ChildProcess, spawn } from "node:child_process"
import { once } from "node:events"
import { readFile, writeFile } from "node:fs/promises"
import { basename, dirname, join, resolve } from "node:path"
import { createInterface } from "node:readline"
import { environment, run } from "./Command.ts"

/** A block, and the words since the one before. */
interface Block {
  readonly words: string
  readonly language: string
  /** `Effect` or `Promises`, or the name in bold before the block. */
  readonly choice: string | undefined
  readonly text: string
}

/** The blocks of a page. A fence begins a line, and three backticks alone end it. */
const blocksOf = (page: string): ReadonlyArray<Block> => {
  // Words and blocks in turn: a fence splits the page at its beginning and at its end.
  const parts = page.split(/^```/m)
  return parts.flatMap((part, index) => {
    if (index % 2 === 0) return []
    const words = parts[index - 1] ?? ""
    const [info = ""] = part.split("\n", 1)
    return {
      words,
      language: info.split(" ")[0] ?? "",
      choice: /title="(\w+)"/.exec(info)?.[1] ?? /^\*\*([\w ]+)\.\*\*/m.exec(words)?.[1],
      text: part.slice(info.length + 1),
    }
  })
}

export interface Followed extends AsyncDisposable {
  /** Where the reader stands at the end. */
  readonly directory: string
  /** The address that the last server printed, if the page starts one. */
  readonly address: string | undefined
}

export interface Reader {
  /** The clone. */
  readonly clone: string
  /** What the reader chooses where the page offers several. */
  readonly choice: string
  /** The page as it is for this reader: with a free port, with another template. */
  readonly own: (text: string) => string
  /** Turns the file that a template made and the block into the file that the reader saves. */
  readonly merge?: (file: string, before: string | undefined, block: string) => string
}

/** Goes on running until the reader has finished. Resolves with the address that it prints. */
const begin = async (command: string, cwd: string, servers: Array<ChildProcess>): Promise<string> => {
  const child = spawn("bash", ["-c", `exec ${command}`], {
    cwd,
    env: environment,
    detached: true,
    stdio: ["ignore", "pipe", "inherit"],
  })
  servers.push(child)
  for await (const line of createInterface({ input: child.stdout })) {
    // biome-ignore lint/suspicious/noControlCharactersInRegex: colours of a terminal
    const [address] = /http:\/\/(127\.0\.0\.1|localhost):\d+/.exec(line.replace(/\u001b\[\d*m/g, "")) ?? []
    if (address === undefined) continue
    child.stdout.resume()
    return address
  }
  throw new Error(`${command} ended and named no address`)
}

const servers = /^(npm run emulator|npx vite)\b/

/** Follows a page to its end. What a block prints must be what the page says. */
export const follow = async (page: string, { choice, clone, merge, own }: Reader): Promise<Followed> => {
  const running: Array<ChildProcess> = []
  // Each is a group of its own: what a script starts ends with it.
  const dispose = async () => {
    for (const child of running) {
      if (child.pid === undefined || child.exitCode !== null) continue
      const ended = once(child, "close")
      process.kill(-child.pid, "SIGTERM")
      await ended
    }
  }
  let directory = clone
  let address: string | undefined
  let printed = ""
  let file = ""
  try {
    for (const { choice: of, language, text, words } of blocksOf(own(await readFile(page, "utf8")))) {
      const isOther = of !== undefined && of !== choice
      file =
        /\b[Ss]ave (?:this|one of these) as `([^`]+)`|[Aa]dd `server` to\s+`([^`]+)`/
          .exec(words)
          ?.slice(1)
          .find(Boolean) ?? file
      if (/in the folder that holds the clone/.test(words)) directory = dirname(clone)
      const [, changed, password] = /Change the password in `([^`]+)` to `(\w+)`/.exec(words) ?? []
      if (changed !== undefined) {
        const before = await readFile(join(directory, changed), "utf8")
        await writeFile(join(directory, changed), before.replace(/password: "\w+"/, `password: "${password}"`))
      }
      if (isOther || language === "diff") continue
      if (language === "text") {
        // What is printed with Effect differs from what is printed with promises.
        const [, saw = choice] = /With (\w+) you see/.exec(words) ?? []
        if (saw.toLowerCase() !== choice.toLowerCase()) continue
        for (const line of text.trim().split("\n")) {
          if (!printed.includes(line.trim()))
            throw new Error(`${basename(page)} says "${line}", and this was printed:\n${printed}`)
        }
      } else if (language === "sh") {
        for (const command of text.replaceAll("\\\n", " ").trim().split("\n")) {
          if (servers.test(command)) address = await begin(command, directory, running)
          else if (command.startsWith("cd ")) directory = resolve(directory, command.slice(3))
          else {
            // A reader makes a mistake on purpose, and sees why.
            const { code, stderr, stdout } = await run("bash", ["-c", command], { cwd: directory })
            printed = stdout + stderr
            if ((code === 0) === (changed !== undefined)) throw new Error(`${command} ended with ${code}\n${printed}`)
          }
        }
      } else {
        const at = join(directory, file)
        const before = await readFile(at, "utf8").catch(() => undefined)
        await writeFile(at, merge?.(file, before, text) ?? text)
      }
    }
  } catch (error) {
    await dispose()
    throw error
  }
  return { directory, address, [Symbol.asyncDispose]: dispose }
}
