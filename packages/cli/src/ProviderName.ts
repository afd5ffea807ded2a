/** The names by which a user chooses a provider. */

/**
 * @category constants
 */
export const names = ["skyswitch", "landstar", "ipex", "sangoma-cx"] as const

/**
 * @category models
 */
export type Name = (typeof names)[number]
