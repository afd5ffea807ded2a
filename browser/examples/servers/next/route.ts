// In Next: app/session/[[...route]]/route.ts, a route handler of the Node runtime.
import { served } from "./visits.ts"

// #region handlers
export const dynamic = "force-dynamic"
export const GET = served.handle
export const POST = served.handle
// #endregion
