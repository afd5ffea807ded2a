/** The bundler takes the styles. */
declare module "*.css"
