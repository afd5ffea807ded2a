/** All libraries, and all rows, in the order of the table. */
import * as AxiosAuthRefresh from "./AxiosAuthRefresh.ts"
import * as Badgateway from "./Badgateway.ts"
import * as Google from "./Google.ts"
import * as Keeping from "./Keeping.ts"
import * as Oauth4webapi from "./Oauth4webapi.ts"
import * as OidcClientTs from "./OidcClientTs.ts"
import * as OpenidClient from "./OpenidClient.ts"
import * as Ours from "./Ours.ts"
import type { Peer } from "./Peer.ts"
import type { Row } from "./Row.ts"
import * as SimpleOauth2 from "./SimpleOauth2.ts"
import * as Wire from "./Wire.ts"

export const peers: ReadonlyArray<Peer & { readonly file: string }> = [
  { ...Ours.peer, file: "Ours.ts" },
  { ...OpenidClient.peer, file: "OpenidClient.ts" },
  { ...Oauth4webapi.peer, file: "Oauth4webapi.ts" },
  { ...SimpleOauth2.peer, file: "SimpleOauth2.ts" },
  { ...Badgateway.peer, file: "Badgateway.ts" },
  { ...Google.peer, file: "Google.ts" },
  { ...AxiosAuthRefresh.peer, file: "AxiosAuthRefresh.ts" },
  { ...OidcClientTs.peer, file: "OidcClientTs.ts" },
]

export const rows: ReadonlyArray<Row> = [
  Keeping.callers,
  Keeping.beforeEnd,
  Keeping.lostReply,
  Keeping.rotated,
  Keeping.unchanged,
  Keeping.pause,
  Keeping.clockBack,
  Keeping.restart,
  Keeping.shared,
  Wire.challenge,
  Wire.extension,
  Wire.calls,
  Wire.page,
  Wire.hang,
  Wire.typed,
  Wire.secretsInErrors,
  Wire.secretsInObject,
  Wire.redirect,
  Wire.plainHttp,
]
