/**
 * Runs a command of the workspace: `node scripts/launcher.mjs COMMAND [ARG …]`.
 *
 * Every script of `package.json` goes through here, so that `npm start` is all that a fresh clone needs. It works with any
 * Node from 20 on, without a terminal, and whatever npm's `yes` is set to:
 *
 * 1. When a package is missing, or a `package.json` or the lockfile names others than are installed, it has pnpm install them. npm
 *    fetches pnpm by itself, without a question.
 * 2. It runs the command by the workspace's own Node 24, with this terminal, and ends as the command ends.
 *
 * Ours, because it runs when nothing is installed yet.
 *
 * `node scripts/launcher.mjs pnpm ARG …` runs pnpm itself.
 */
import { spawn } from "node:child_process"
import { createHash } from "node:crypto"
import { existsSync, readdirSync, readFileSync, writeFileSync } from "node:fs"
import { constants } from "node:os"
import { delimiter, join } from "node:path"
import { fileURLToPath } from "node:url"

const root = fileURLToPath(new URL("..", import.meta.url))
const binaries = join(root, "node_modules", ".bin")
/** What was installed last, as a digest. It is gone when `node_modules` is. */
const stamp = join(root, "node_modules", ".installed")

/** The version of pnpm that this workspace is installed with. */
const pnpm = "pnpm@12"

const manifests = () =>
  [".", "packages"]
    .flatMap((folder) => readdirSync(join(root, folder)).map((name) => join(folder, name, "package.json")))
    .concat("package.json")
    .filter((path) => existsSync(join(root, path)))
    .sort()

/** Everything that decides what to install. */
const wanted = () => {
  const digest = createHash("sha256")
  for (const path of manifests()) {
    const { name, version, dependencies, devDependencies, optionalDependencies, peerDependencies } = JSON.parse(
      readFileSync(join(root, path), "utf8"),
    )
    digest.update(
      JSON.stringify([path, name, version, dependencies, devDependencies, optionalDependencies, peerDependencies]),
    )
  }
  for (const path of ["pnpm-lock.yaml", "pnpm-workspace.yaml"]) digest.update(readFileSync(join(root, path)))
  return digest.digest("hex")
}

const isInstalled = () => existsSync(stamp) && readFileSync(stamp, "utf8") === wanted()

/** The npm that runs this script, or the one on the path. `--yes` is npm's own answer to its question. */
const npm = () => {
  const running = process.env.npm_execpath ?? ""
  return /npm-cli\.c?js$/.test(running) ? [process.execPath, running] : ["npm"]
}

const run = (command, args, stdio = "inherit") =>
  new Promise((resolve) => {
    const child = spawn(command, args, {
      cwd: root,
      stdio,
      shell: process.platform === "win32",
      env: { ...process.env, PATH: [binaries, process.env.PATH].join(delimiter) },
    })
    // A terminal sends its signals to the command as well. This process only waits for it to end.
    const forward = (signal) => child.kill(signal)
    const ignore = () => {}
    process.on("SIGINT", ignore).on("SIGTERM", forward).on("SIGHUP", forward)
    child.on("error", (error) => {
      process.stderr.write(`${command} cannot be run: ${error.message}\n`)
      resolve(127)
    })
    child.on("close", (code, signal) => {
      process.off("SIGINT", ignore).off("SIGTERM", forward).off("SIGHUP", forward)
      resolve(code ?? 128 + constants.signals[signal])
    })
  })

const runPnpm = (args, stdio) => {
  const [command, ...before] = npm()
  return run(command, [...before, "exec", "--yes", `--package=${pnpm}`, "--", "pnpm", ...args], stdio)
}

const install = async () => {
  process.stderr.write("Installing what this workspace needs…\n")
  // Standard output belongs to the command: a program may read it.
  const code = await runPnpm(["install"], ["inherit", 2, 2])
  if (code === 0) writeFileSync(stamp, wanted())
  return code
}

const [command, ...args] = process.argv.slice(2)
if (command === undefined) {
  process.stderr.write("Usage: node scripts/launcher.mjs COMMAND [ARG …]\n")
  process.exitCode = 2
} else if (command === "pnpm") {
  process.exitCode = await runPnpm(args)
} else {
  const failed = isInstalled() ? 0 : await install()
  process.exitCode = failed === 0 ? await run(command, args) : failed
}
