/**
 * SQLite cells between real processes, with all cases: 1600 updates, 60 kills.
 *
 * @module-tag matrix
 */
import { crowdSuite, WHOLE } from "../../store/test/CrowdStage.ts"
import { stage } from "./SqliteStage.ts"

crowdSuite("SQLite cells, all of them", stage, WHOLE)
