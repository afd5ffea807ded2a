/** A request that a shared quota is asked about: two calls or one for a token in a minute of the client. */
import type { Request } from "@pbx-auth/session/SharedQuota"

export const request = (client: string, more: Partial<Request> = {}): Request => ({
  member: "one",
  client,
  rings: ["calls"],
  partitions: [
    {
      name: "client",
      waiting: false,
      limits: [{ policy: "client_minute", window: 60_000, places: { calls: 2, tokens: 1 } }],
    },
    {
      name: "subscriber 1000@made-up.example",
      waiting: false,
      limits: [{ policy: "subscriber_minute", window: 30_000, places: { calls: 9, tokens: 1 } }],
    },
  ],
  ...more,
})
