/**
 * SQLite cells between real processes: many that write at once, and some that are killed in the middle of it.
 *
 * @module-tag slow
 */
import { crowdSuite, SMALL } from "../../store/test/CrowdStage.ts"
import { stage } from "./SqliteStage.ts"

crowdSuite("SQLite cells", stage, SMALL)
