import { assert, it } from "@effect/vitest"
import { type Running, start } from "./Process.ts"

const ready = ({ child, output }: Running) =>
  new Promise<{ readonly origin: string; readonly pid: number }>((resolve) => {
    const look = () => {
      if (output.stdout.includes("\n")) resolve(JSON.parse(output.stdout.slice("READY ".length)))
    }
    child.stdout?.on("data", look)
  })

for (const signal of ["SIGTERM", "SIGINT"] as const) {
  it(`emulator says READY, plays the vendors, and exits 0 on ${signal}`, async () => {
    const running = start(["emulator", "--port", "0"])
    const { origin, pid } = await ready(running)
    assert.match(running.output.stdout, /^READY \{"origin":"http:\/\/127\.0\.0\.1:\d+","pid":\d+\}\n$/)
    assert.strictEqual(pid, running.child.pid)
    const reply = await fetch(`${origin}/token`, {
      method: "POST",
      body: new URLSearchParams({
        grant_type: "password",
        client_id: "api",
        username: "api-user@example.test",
        password: "ipex-password",
      }),
    })
    assert.strictEqual(reply.status, 200)
    running.child.kill(signal)
    assert.deepInclude(await running.exit, { code: 0, stderr: "" })
  })
}

it("emulator arms the faults that it is told, in their order", async () => {
  const running = start(["emulator", "--port", "0", "--fault", "server_error:status=503", "--fault", "firewall"])
  const { origin } = await ready(running)
  const ask = async () => (await fetch(`${origin}/token`, { method: "POST", body: "" })).status
  assert.deepStrictEqual([await ask(), await ask()], [503, 403])
  running.child.kill("SIGTERM")
  assert.deepInclude(await running.exit, { code: 0, stderr: "" })
})

it("emulator says what a fault may be, on one line", async () => {
  const { code, stderr } = await start(["emulator", "--port", "0", "--fault", "nonsense"]).exit
  assert.strictEqual(code, 2)
  assert.match(stderr, /^pbx-auth: Fault nonsense: [^\n]*server_error[^\n]*\n$/)
})
