/** What is where in the folder of all that is kept. It is loaded at each start, so it imports only what Node has. */

import { join } from "node:path"

/** @category getters */
export const cellsFolder = (directory: string): string => join(directory, "cells")

/** @category getters */
export const keyFile = (directory: string): string => join(directory, "key")

/** The cell of a profile's client secret. */
export const secretCell = (id: string): string => `client-secret.${id}`
