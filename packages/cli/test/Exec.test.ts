/** Another program with a token: what it gets, what goes on to it, and what comes back. */
import { execFile, spawn, spawnSync } from "node:child_process"
import { assert, beforeAll, describe, it } from "@effect/vitest"
import { lacking } from "servers/src/Programs.ts"
import { titled } from "servers/src/Server.ts"
import { environment } from "../src/commands/Exec.ts"
import { folder } from "./Folder.ts"
import { inside } from "./Inside.ts"
import { bin, run, start } from "./Process.ts"
import { accounts, served } from "./Served.ts"

const { origin } = await served()
const own = folder()
let token = ""

beforeAll(async () => {
  await inside(["login", "landstar", "--address", origin], { ...own, ...accounts.officeManager })
  token = (await inside(["token"], own)).stdout.trim()
})

const node = (code: string) => [process.execPath, "-e", code]

describe.concurrent("exec", () => {
  it("gives the token in the environment, and its exit code back", async () => {
    const code = "console.log(process.env.PBX_AUTH_TOKEN, process.argv.length); process.exit(23)"
    const ran = await run(["exec", "--", ...node(code)], own)
    assert.deepStrictEqual(ran, { code: 23, stdout: `${token} 1\n`, stderr: "" })
  })

  it("takes our secrets out of the program's environment, and leaves the rest", () => {
    const env = { ...accounts.withFactor, PBX_AUTH_PASSWORD_FILE: "/run/x", PBX_AUTH_REFRESH_TOKEN: "r", PATH: "/bin" }
    assert.deepStrictEqual(environment(env, "TOKEN", "t"), {
      PBX_AUTH_CLIENT_ID: "your-client-id",
      PBX_AUTH_USERNAME: "222@abc-company",
      PATH: "/bin",
      TOKEN: "t",
    })
  })

  it("puts the token nowhere else: not among the arguments of any process", async () => {
    const code = "const {argv}=process; setTimeout(()=>console.log(JSON.stringify(argv)),50)"
    const ran = await run(["exec", "--variable", "BEARER", "--", ...node(code)], own)
    assert.strictEqual(ran.code, 0, ran.stderr)
    assert.notInclude(ran.stdout, token)
  })

  it("hands signals on, and gives 128 and the signal back", async () => {
    const code = `process.on("SIGHUP", () => { console.log("hup"); process.kill(process.pid, "SIGTERM") }); console.log("up"); setInterval(() => {}, 1000)`
    const { child, exit, output } = start(["exec", "--", ...node(code)], own)
    while (!output.stdout.includes("up")) await new Promise((resolve) => child.stdout?.once("data", resolve))
    child.kill("SIGHUP")
    const ran = await exit
    assert.deepStrictEqual(ran, { code: 128 + 15, stdout: "up\nhup\n", stderr: "" })
  })

  it("ends with its program at a SIGTERM, by the program's own exit code", async () => {
    const code = `process.on("SIGTERM", () => process.exit(5)); console.log("up"); setInterval(() => {}, 1000)`
    const { child, exit, output } = start(["exec", "--", ...node(code)], own)
    while (!output.stdout.includes("up")) await new Promise((resolve) => child.stdout?.once("data", resolve))
    child.kill("SIGTERM")
    assert.strictEqual((await exit).code, 5)
  })

  it("says that there is no such program", async () => {
    const ran = await run(["exec", "--json", "--", "/missing/program"], own)
    assert.deepStrictEqual({ code: ran.code, stdout: ran.stdout }, { code: 127, stdout: "" })
    assert.deepInclude(JSON.parse(ran.stderr), { error: "NotStarted", exit_code: 127, remedy: "configure" })
  })

  it("does not start the program without a token", async () => {
    const elsewhere = folder()
    const ran = await run(["exec", "--profile", "landstar", "--", ...node("console.log('ran')")], elsewhere)
    assert.deepStrictEqual({ code: ran.code, stdout: ran.stdout }, { code: 2, stdout: "" })
  })
})

const noScript = lacking("script")

describe.skipIf(noScript !== undefined)(titled("exec on a terminal", noScript), () => {
  it("leaves Ctrl-C to the terminal, also where its input is no terminal: the program hears it once", async () => {
    const code = `let heard = 0; process.on("SIGINT", () => { if (++heard === 1) setTimeout(() => { console.log("heard " + heard); process.exit(0) }, 500) }); console.log("up"); setInterval(() => {}, 1000)`
    const command = [process.execPath, bin, "exec", "--", ...node(code)].map((word) => `'${word}'`).join(" ")
    const child = spawn("script", ["-qec", `exec ${command} </dev/null`, "/dev/null"], {
      stdio: ["pipe", "pipe", "ignore"],
      env: { PATH: process.env.PATH, SHELL: "/bin/sh", ...own },
    })
    let shown = ""
    child.stdout.on("data", (text) => {
      shown += text
      if (shown.includes("up") && child.stdin.writable) child.stdin.end("\u0003")
    })
    await new Promise((resolve) => child.once("close", resolve))
    assert.include(shown, "heard 1")
  })
})

it("a secret may come by standard input", async () => {
  const { PBX_AUTH_PASSWORD, ...rest } = accounts.officeManager
  const env = { PATH: process.env.PATH, ...rest, PBX_AUTH_PASSWORD_FILE: "-" }
  const args = [bin, "token", "landstar", "--address", origin]
  const ran = await new Promise<string>((resolve, reject) => {
    const child = execFile(process.execPath, args, { env }, (error, stdout) =>
      error ? reject(error) : resolve(stdout),
    )
    child.stdin?.end(`${PBX_AUTH_PASSWORD}\n`)
  })
  assert.match(ran, /^[0-9a-f]{32}\n$/)
})

const noBash = lacking("bash")

describe.skipIf(noBash !== undefined)(titled("completions in bash", noBash), () => {
  const completed = async (...words: ReadonlyArray<string>) => {
    const { stdout } = await inside(["completion", "bash"], {})
    const typed = ["pbx-auth", ...words].map((word) => `'${word}'`).join(" ")
    const script = `${stdout}
      COMP_WORDS=(${typed}); COMP_CWORD=${words.length}; COMP_LINE="pbx-auth ${words.join(" ")}"; COMP_POINT=\${#COMP_LINE}
      $(complete -p pbx-auth | sed 's/.*-F \\([^ ]*\\).*/\\1/') pbx-auth '${words.at(-1)}' '${words.at(-2) ?? ""}'
      printf '%s\\n' "\${COMPREPLY[@]}"`
    const ran = spawnSync("bash", ["-c", script], { encoding: "utf8" })
    assert.strictEqual(ran.status, 0, ran.stderr)
    return ran.stdout.split("\n").filter((line) => line !== "")
  }

  it("name the commands, the providers and the flags", async () => {
    assert.includeMembers(await completed("log"), ["login", "logout"])
    assert.includeMembers(await completed("token", "sk"), ["skyswitch"])
    assert.includeMembers(await completed("keep", "--a"), ["--all"])
    assert.includeMembers(await completed("profiles", "re"), ["remove"])
  })
})

it("there are completions for each shell, and the flag gives the same", async () => {
  for (const shell of ["bash", "zsh", "fish"]) {
    const { code, stdout } = await inside(["completion", shell], {})
    assert.strictEqual(code, 0)
    for (const word of ["login", "act-as", "keep"]) assert.include(stdout, word)
    assert.strictEqual((await inside(["--completions", shell], {})).stdout, stdout)
  }
})

for (const [shell, ...flags] of [
  ["zsh", "-n", "-s"],
  ["fish", "--no-execute"],
] as const) {
  const without = lacking(shell)
  it.skipIf(without !== undefined)(titled(`the completions for ${shell} are well-formed`, without), async () => {
    const { stdout } = await inside(["completion", shell], {})
    // A pipe of Node's is a socket, and neither shell opens one as a file.
    const { status, stderr } = spawnSync("sh", ["-c", 'cat | "$@"', "sh", shell, ...flags], {
      input: stdout,
      encoding: "utf8",
    })
    assert.strictEqual(status, 0, stderr)
  })
}
