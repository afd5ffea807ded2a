/**
 * File cells between real processes, with all cases: 1600 updates, 60 kills.
 *
 * @module-tag matrix
 */
import { crowdSuite, WHOLE } from "./CrowdStage.ts"
import { stage } from "./FileStage.ts"

crowdSuite("file cells, all of them", stage, WHOLE)
