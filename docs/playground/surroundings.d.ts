/** The bundler takes the styles. */
declare module "*.css"

/** The emulator uses it where it is there: in Node, and in no browser. */
declare function setImmediate(run: () => void): unknown
