/**
 * oauth4webapi: the requests and replies of a sign-in, a renewal and a sign-out. It is only the protocol: the app decides when to
 * renew, and shares one renewal among callers. So it is the floor of this comparison, not an equal.
 */
import {
  type AuthorizationServer,
  authorizationCodeGrantRequest,
  type Client,
  calculatePKCECodeChallenge,
  discoveryRequest,
  generateRandomCodeVerifier,
  None,
  processAuthorizationCodeResponse,
  processDiscoveryResponse,
  processRefreshTokenResponse,
  processRevocationResponse,
  protectedResourceRequest,
  refreshTokenGrantRequest,
  revocationRequest,
  validateAuthResponse,
} from "oauth4webapi"

const client: Client = { client_id: "app" }
const redirect = "https://app.example.com/signed-in"

export const discover = async (issuer: URL) => processDiscoveryResponse(issuer, await discoveryRequest(issuer))

export const verifier = async () => {
  const code = generateRandomCodeVerifier()
  return { code, challenge: await calculatePKCECodeChallenge(code) }
}

export const signedIn = async (server: AuthorizationServer, here: URL, code: string) => {
  const parameters = validateAuthResponse(server, client, here)
  const response = await authorizationCodeGrantRequest(server, client, None(), parameters, redirect, code)
  return processAuthorizationCodeResponse(server, client, response)
}

export const renewed = async (server: AuthorizationServer, refreshToken: string) =>
  processRefreshTokenResponse(server, client, await refreshTokenGrantRequest(server, client, None(), refreshToken))

export const read = (accessToken: string, url: URL) => protectedResourceRequest(accessToken, "GET", url)

export const signOut = async (server: AuthorizationServer, token: string) =>
  processRevocationResponse(await revocationRequest(server, client, None(), token))
