/** What tests of a claim share. */

export const strict = { netsapiens: { rotation: "strict", renewalEndsAccess: true } }
