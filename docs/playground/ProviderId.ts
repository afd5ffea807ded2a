/** The id of each provider, by the name of its module. `npm run providers -- --write` writes it. */
export const ids = {
  EightByEight: "8x8",
  FreePbx: "freepbx",
  Ipex: "ipex",
  Landstar: "landstar",
  NetSapiens: "netsapiens",
  NetSapiensV2: "netsapiens-v2",
  RingCentral: "ringcentral",
  SangomaCx: "sangoma-cx",
  SkySwitch: "skyswitch",
  ThreeCx: "3cx",
  Yeastar: "yeastar",
  Zoom: "zoom",
} as const
