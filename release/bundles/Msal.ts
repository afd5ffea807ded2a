/** @azure/msal-browser: a sign-in by redirect, and a token that it renews. */
import { createStandardPublicClientApplication } from "@azure/msal-browser"

export const open = async () => {
  const client = await createStandardPublicClientApplication({ auth: { clientId: "app" } })
  return {
    signIn: () => client.loginRedirect(),
    signedIn: () => client.handleRedirectPromise(),
    accessToken: () => client.acquireTokenSilent({ scopes: ["openid"] }),
    signOut: () => client.logoutRedirect(),
  }
}
