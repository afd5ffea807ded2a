/** What is where in the folder of all that is kept. It is loaded at each start, so it imports only what Node has. */

import { isAbsolute, join } from "node:path"
import type { Profile } from "./Profile.ts"

/** @category getters */
export const cellsFolder = (directory: string): string => join(directory, "cells")

/** @category getters */
export const keyFile = (directory: string): string => join(directory, "key")

/** The file that names the account of the keyring, where the key is there. @category getters */
export const keyringFile = (directory: string): string => join(directory, "keyring")

/** The name of a profile's record in the token store. The path of a file may be too long for the name of a folder. */
export const recordKey = ({ id, provider }: Profile): string => `${isAbsolute(provider) ? "own" : provider}-${id}`

/** What the names of the records have in common that belong to users whom a profile acts for. */
const actingPrefix = (profile: Profile): string => `${recordKey(profile)}-as-`

/** The name of the record of a user whom a profile acts for. */
export const actingKey = (profile: Profile, subject: string): string => actingPrefix(profile) + subject

/** The user whom the record of this cell belongs to; `undefined` if the profile acts for nobody by it. */
export const subjectOf = (profile: Profile, cell: string): string | undefined => {
  const prefix = recordCell(actingPrefix(profile))
  return cell.startsWith(prefix) ? cell.slice(prefix.length) : undefined
}

/** The cell of a record, as `SealedTokenStore` names it. */
export const recordCell = (key: string): string => `record.${key}`

/** The cell of a profile's client secret. */
export const secretCell = (id: string): string => `client-secret.${id}`

/** The cell of a profile's secret options. */
export const optionsCell = (id: string): string => `secret-options.${id}`

/** The longest escaped name that the name of a folder holds. A longer one has its digest there. */
const LONGEST = 200

/** The folder of a cell, as `FileCells` names it. */
export const cellFolder = (directory: string, name: string): string => {
  const short = name.replace(/[^a-z0-9-]/g, (unit) => `_${unit.charCodeAt(0).toString(16).padStart(4, "0")}`)
  // Almost no name is so long, so a start does not load Node's crypto for it.
  const folder =
    short.length > LONGEST ? `cell_${process.getBuiltinModule("node:crypto").hash("sha256", short)}` : `cell-${short}`
  return join(cellsFolder(directory), folder)
}
