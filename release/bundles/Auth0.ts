/** @auth0/auth0-spa-js: a sign-in by redirect, and a token that it renews. */
import { createAuth0Client } from "@auth0/auth0-spa-js"

export const open = async () => {
  const client = await createAuth0Client({ domain: "auth.example.com", clientId: "app", useRefreshTokens: true })
  return {
    signIn: () => client.loginWithRedirect(),
    signedIn: () => client.handleRedirectCallback(),
    accessToken: () => client.getTokenSilently(),
    signOut: () => client.logout(),
  }
}
