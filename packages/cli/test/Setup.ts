/** Runs for each test file. A test file's helpers are loaded once for all files, so that they cannot say what happens at a file's end. */
import { afterAll } from "@effect/vitest"
import { endAll } from "./Process.ts"

afterAll(endAll)
