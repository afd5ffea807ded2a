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
