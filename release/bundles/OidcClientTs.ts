/** oidc-client-ts: a sign-in by redirect or by password, and a token that it renews. */
import { UserManager } from "oidc-client-ts"

export const open = () => {
  const client = new UserManager({
    authority: "https://auth.example.com",
    client_id: "app",
    redirect_uri: "https://app.example.com/signed-in",
    automaticSilentRenew: true,
  })
  return {
    signIn: () => client.signinRedirect(),
    signInWith: (username: string, password: string) =>
      client.signinResourceOwnerCredentials({ username, password, skipUserInfo: true }),
    signedIn: () => client.signinCallback(),
    accessToken: async () => (await client.getUser())?.access_token,
    signOut: () => client.signoutRedirect(),
  }
}
