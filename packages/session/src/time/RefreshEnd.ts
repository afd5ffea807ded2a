/**
 * The end of a refresh token, from two replies.
 */

/**
 * Ends that are nearer than this are the same, in ms: lives are whole seconds, and requests take time.
 *
 * @category constants
 */
export const SAME_END = 60_000
