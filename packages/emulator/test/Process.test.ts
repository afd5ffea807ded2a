/** @module-tag slow */
import { type ChildProcess, spawn } from "node:child_process"
import { mkdtempSync, rmSync, writeFileSync } from "node:fs"
import { createServer } from "node:net"
import { tmpdir } from "node:os"
import { join } from "node:path"
import { afterAll, afterEach, assert, describe, it } from "@effect/vitest"
import { modules } from "../src/server/WitnessModules.ts"
import { bin } from "./Built.ts"
import { ipex } from "./Served.ts"

const folder = mkdtempSync(join(tmpdir(), "emulator-"))
const started: Array<ChildProcess> = []
const emulators: Array<number> = []

const isAlive = (pid: number) => {
  try {
    process.kill(pid, 0)
    return true
  } catch {
    return false
  }
}

afterEach(() => {
  for (const child of started.splice(0)) child.kill("SIGKILL")
  for (const pid of emulators.splice(0)) if (isAlive(pid)) process.kill(pid, "SIGKILL")
})
afterAll(() => rmSync(folder, { recursive: true }))

interface Run {
  readonly child: ChildProcess
  readonly output: { stdout: string; stderr: string }
  readonly exit: Promise<number | null>
}

const start = (command: string, args: ReadonlyArray<string>): Run => {
  const child = spawn(command, args, { stdio: ["ignore", "pipe", "pipe"] })
  started.push(child)
  const output = { stdout: "", stderr: "" }
  child.stdout?.on("data", (chunk) => (output.stdout += chunk))
  child.stderr?.on("data", (chunk) => (output.stderr += chunk))
  return { child, output, exit: new Promise((resolve) => child.on("close", resolve)) }
}

const startBin = (...args: ReadonlyArray<string>) => start(process.execPath, [bin, ...args])

/** Waits at most ten seconds. */
const until = async (what: string, condition: () => boolean) => {
  for (let turn = 0; turn < 400; turn++) {
    if (condition()) return
    await new Promise((resolve) => setTimeout(resolve, 25))
  }
  assert.fail(`waited in vain for ${what}`)
}

const ready = async ({ output }: Run): Promise<{ readonly origin: string; readonly pid: number }> => {
  await until("READY", () => output.stdout.includes("\n"))
  assert.match(output.stdout, /^READY \{"origin":"http:\/\/127\.0\.0\.1:\d+","pid":\d+\}\n$/)
  const { origin, pid } = JSON.parse(output.stdout.slice("READY ".length))
  emulators.push(pid)
  return { origin, pid }
}

const worldFile = (text: string) => {
  const path = join(folder, "world.json")
  writeFileSync(path, text)
  return path
}

describe("The emulator as a process", () => {
  it("plays one of the other vendors by --vendor, at its own paths, with its part of the world and its faults", async () => {
    const world = worldFile('{"witnesses": {"zoom": {"lifetime": 77}}}')
    const fault = ["--fault", "server_error:status=502,provider=zoom"]
    const run = startBin("--port", "0", "--vendor", "zoom", "--world", world, ...fault)
    const { origin } = await ready(run)
    const ask = (path: string) =>
      fetch(origin + path, {
        method: "POST",
        headers: { authorization: `Basic ${btoa("zoom-client-id:zoom-client-secret")}` },
        body: new URLSearchParams({ grant_type: "account_credentials", account_id: "ZoomAccountNorth00001" }),
      })
    assert.strictEqual((await ask("/oauth/token")).status, 502)
    assert.strictEqual((await (await ask("/oauth/token")).json()).expires_in, 77)
    assert.strictEqual((await ask("/ns-api/oauth2/token")).status, 404)
  })

  it("says which vendors there are, for one that is not", async () => {
    const run = startBin("--port", "0", "--vendor", "zoomm")
    assert.strictEqual(await run.exit, 2)
    const ids = modules.map(({ witness }) => witness.id)
    assert.include(ids, "zoom")
    assert.strictEqual(run.output.stderr, `--vendor takes one of ${ids.join(", ")}\n`)
  })

  for (const signal of ["SIGTERM", "SIGINT"] as const) {
    it(`says READY in one line, serves, and exits 0 on ${signal}`, async () => {
      const run = startBin("--port", "0", "--world", worldFile('{"netsapiens": {"lifetime": 77}}'))
      const { origin, pid } = await ready(run)
      assert.strictEqual(pid, run.child.pid)
      const world = await (await fetch(`${origin}/__emulator/world`)).json()
      assert.strictEqual(world.netsapiens.lifetime, 77)
      const moved = await fetch(`${origin}/__emulator/clock`, { method: "POST", body: '{"advance": 100000000}' })
      assert.strictEqual(moved.status, 200)
      // The connection of these requests is still open: it must not hold up the end.
      run.child.kill(signal)
      assert.strictEqual(await run.exit, 0)
      assert.deepStrictEqual(run.output, { stdout: `${run.output.stdout.split("\n")[0]}\n`, stderr: "" })
    })
  }

  it("fails on purpose as it is told, says nothing of it, and ends in the middle of it", async () => {
    const faults = [
      "server_error:status=502,path=/token",
      "reset_in_body:provider=ipex",
      "drop_reply:provider=ipex,by=reset",
    ]
    const run = startBin("--port", "0", ...faults.flatMap((fault) => ["--fault", fault]))
    const { origin } = await ready(run)
    const ask = () => fetch(`${origin}/token`, { method: "POST", body: new URLSearchParams(ipex.password) })
    assert.strictEqual((await ask()).status, 502)
    const cut = await ask()
    assert.strictEqual(cut.status, 200)
    assert.strictEqual(await cut.text().catch(() => "cut"), "cut")
    assert.strictEqual(await ask().catch(() => "dropped"), "dropped")
    const journal = await (await fetch(`${origin}/__emulator/journal`)).json()
    assert.deepStrictEqual(
      journal.map(({ fault, acted }: { fault: string; acted: boolean }) => [fault, acted]),
      [
        ["server_error", false],
        ["reset_in_body", true],
        ["drop_reply", true],
      ],
    )

    const rules = ["hang", "endless_body", "trickle"].map((name) => ({ fault: { _tag: name } }))
    await fetch(`${origin}/__emulator/faults`, { method: "POST", body: JSON.stringify(rules) })
    const ends = [1, 2, 3].map(() =>
      ask()
        .then(async (response) => {
          for await (const _ of response.body ?? []);
          return "whole"
        })
        .catch(() => "cut"),
    )
    // All three are under way when the process is asked to end.
    let count = 0
    while (count < 6) count = (await (await fetch(`${origin}/__emulator/journal`)).json()).length
    run.child.kill("SIGTERM")
    assert.deepStrictEqual(await Promise.all(ends), ["cut", "cut", "cut"])
    assert.strictEqual(await run.exit, 0)
    assert.deepStrictEqual(run.output, { stdout: `${run.output.stdout.split("\n")[0]}\n`, stderr: "" })
  })

  it("takes the port that it is given", async () => {
    const port = await freePort()
    const { origin } = await ready(startBin("--port", String(port)))
    assert.strictEqual(origin, `http://127.0.0.1:${port}`)
  })

  it("tells how it is started to whoever asks", async () => {
    for (const flag of ["--help", "-h"]) {
      const run = startBin(flag)
      assert.strictEqual(await run.exit, 0)
      assert.strictEqual(run.output.stderr, "")
      for (const word of ["--port", "--world", "--fault", "--detached", "README.md"])
        assert.include(run.output.stdout, word)
    }
  })

  // Each shell runs one more command after its child, so that none of them replaces itself by it.
  const command = `"${process.execPath}" "${bin}" --port 0`
  const chains = {
    "its parent": `${command}; true`,
    "the whole chain above it": `sh -c '${command}; true'; true`,
  }

  const lastWords = "The emulator ends: what started it (a shell, a terminal) is gone\n"

  /** Starts one below a shell, and kills the shell. The pipe of the output closes when the last process that has it is gone. */
  const orphaned = async (script: string) => {
    const run = start("sh", ["-c", script])
    const { origin, pid } = await ready(run)
    assert.notStrictEqual(pid, run.child.pid)
    run.child.kill("SIGKILL")
    let ended = false
    run.exit.then(() => {
      ended = true
    })
    return { run, origin, pid, end: () => until("the end of the orphan", () => ended) }
  }

  for (const [name, script] of Object.entries(chains)) {
    it(`ends by itself when ${name} is killed, and says why`, async () => {
      const { run, end } = await orphaned(script)
      await end()
      assert.strictEqual(run.output.stderr, lastWords)
    })
  }

  it("ends when its terminal hangs up, and says why", async () => {
    const run = startBin("--port", "0")
    await ready(run)
    run.child.kill("SIGHUP")
    assert.strictEqual(await run.exit, 0)
    assert.strictEqual(run.output.stderr, lastWords)
  })

  it("stays when its parent is killed and its terminal hangs up, if it is told to", async () => {
    const { run, origin, pid, end } = await orphaned(`${command} --detached; true`)
    process.kill(pid, "SIGHUP")
    // Others that were orphaned later have noticed by then.
    for (const script of Object.values(chains)) await (await orphaned(script)).end()
    assert.strictEqual((await fetch(origin)).status, 200)
    process.kill(pid, "SIGTERM")
    await end()
    assert.strictEqual(run.output.stderr, "")
  })
})

const freePort = () =>
  new Promise<number>((resolve, reject) => {
    const server = createServer()
    server.on("error", reject)
    server.listen(0, "127.0.0.1", () => {
      const address = server.address()
      server.close(() =>
        typeof address === "object" && address ? resolve(address.port) : reject(new Error("no port")),
      )
    })
  })

describe("What the emulator cannot start with", () => {
  const refused = async (...args: ReadonlyArray<string>) => {
    const run = startBin(...args)
    const code = await run.exit
    assert.strictEqual(code, 2, run.output.stderr)
    assert.strictEqual(run.output.stdout, "")
    assert.match(run.output.stderr, /^[^\n]+\n$/, "one line")
    return run.output.stderr
  }

  it("a wrong port", async () => {
    for (const args of [[], ["--port", "65536"], ["--port", "x"], ["--port=-1"]]) {
      assert.include(await refused(...args), "--port")
    }
    assert.include(await refused("--port", "0", "--unknown"), "--unknown")
  })

  it("a port that is taken", async () => {
    const { origin } = await ready(startBin("--port", "0"))
    const { port } = new URL(origin)
    assert.include(await refused("--port", port), `Port ${port} is in use; take another, or --port 0 for a free one`)
  })

  it("a fault that is none", async () => {
    assert.include(await refused("--port", "0", "--fault", "hung"), "Fault hung: rule.fault: Expected")
    assert.include(await refused("--port", "0", "--fault", "hang", "--fault", "trickle:bytes=0"), "rule.fault.bytes")
  })

  it("a world file that is missing, no JSON, or wrong", async () => {
    assert.include(
      await refused("--port", "0", "--world", join(folder, "missing.json")),
      "missing.json cannot be read: ENOENT",
    )
    const broken = await refused("--port", "0", "--world", worldFile('{"password": canary}'))
    assert.include(broken, "is not JSON")
    assert.notInclude(broken, "canary")
    const wrong = await refused("--port", "0", "--world", worldFile('{"ipex": {"accounts": [{"email": 5}]}}'))
    assert.include(wrong, "world.ipex.accounts[0].email")
    assert.include(wrong, "world.ipex.accounts[0].impersonation")
  })
})
