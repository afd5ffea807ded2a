/** The directory of file cells: made, or checked, before anything in it is trusted. */
import * as Effect from "effect/Effect"
import type { FileSystem } from "effect/FileSystem"
import { configure } from "../Failures.ts"
import { openDirectory, writeOnce } from "../PrivateFiles.ts"
import { isNotFound, told } from "./FileFailure.ts"

/** Says how the directory is laid out. It is made by a hard link, so it shows that there are some. */
const FORMAT_FILE = "format"
const FORMAT = "pbx-auth cells 1\n"

/** @category files */
export const isThereStill = (files: FileSystem, directory: string) => files.exists(`${directory}/${FORMAT_FILE}`)

/** @category files */
export const openCellsDirectory = (files: FileSystem, directory: string) =>
  Effect.gen(function* () {
    yield* openDirectory(files, directory)
    const format = yield* files
      .readFileString(`${directory}/${FORMAT_FILE}`)
      .pipe(Effect.catchIf(isNotFound, () => Effect.as(writeOnce(files, directory, FORMAT_FILE, FORMAT), FORMAT)))
    if (format !== FORMAT) {
      return yield* Effect.fail(
        configure(
          "newer",
          "The token store's directory is of a later version of pbx-auth, or not of it. Update this one.",
        ),
      )
    }
  }).pipe(told)
