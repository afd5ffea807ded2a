/** A network that a test can cut: no connection comes about then, as Node says it. */
export const cutNetwork = () => {
  const network = {
    isCut: false,
    between: (fetch: typeof globalThis.fetch): typeof globalThis.fetch => {
      const cut: typeof globalThis.fetch = async (input, init) => {
        if (network.isCut) throw new TypeError("fetch failed", { cause: { code: "ECONNREFUSED" } })
        return fetch(input, init)
      }
      return cut
    },
  }
  return network
}
