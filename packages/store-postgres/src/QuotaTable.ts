/**
 * The tables of a quota, and the function that counts a request: `MemoryQuota` in `@pbx-auth/session/SharedQuota`, word for word, by the
 * server's clock.
 *
 * `places` has a row for each place of a ring that was taken last, by its number. `members` has pass, until and seen of each
 * member of a partition. All moments are epoch ms.
 */

import { GRACE, PRESENCE, SOON } from "@pbx-auth/session/SharedQuota"
import { quoted } from "./PostgresTable.ts"

/** The function of another version has another number: old and new processes may run side by side. */
const VERSION = 1

/** Each statement of `create` is one call. */
export interface QuotaStatements {
  readonly create: ReadonlyArray<string>
  /** () → whether all is there. */
  readonly look: string
  /** (member, client, rings, partitions) → the answer as JSON. */
  readonly take: string
  /** Removes what does not matter any more. */
  readonly sweep: string
}

export const quotaStatementsFor = (table: string): QuotaStatements => {
  const places = quoted(`${table}_places`)
  const members = quoted(`${table}_members`)
  const take = quoted(`${table}_take_${VERSION}`)
  const now = "(extract(epoch FROM clock_timestamp()) * 1000)::bigint"
  return {
    create: [
      `CREATE TABLE IF NOT EXISTS ${places} (
  ring text COLLATE "C",
  number bigint,
  taken_at bigint NOT NULL,
  ends_at bigint NOT NULL,
  PRIMARY KEY (ring, number)
)`,
      `CREATE TABLE IF NOT EXISTS ${members} (
  part text COLLATE "C",
  member text COLLATE "C",
  pass bigint NOT NULL,
  until bigint NOT NULL,
  seen bigint NOT NULL,
  PRIMARY KEY (part, member)
)`,
      `CREATE OR REPLACE FUNCTION ${take}(asking text, client text, rings text[], partitions jsonb) RETURNS jsonb
LANGUAGE plpgsql AS $$
DECLARE
  moment bigint;
  one jsonb; bound jsonb; which text; ring_name text; part_name text;
  total int; slack bigint; most bigint; space bigint; span bigint; found bigint; front bigint; ahead bigint;
  newest bigint; newest_at bigint;
  passes bigint[]; owed bigint[]; totals int[];
  mine ${members}%ROWTYPE;
  best bigint; best_p int; best_l int; blocked_p int; blocked_wait bigint;
  got text; spent jsonb := '[]'; my_until bigint;
BEGIN
  -- A crash may lose the last places: that is what the margin of a second is for.
  PERFORM set_config('synchronous_commit', 'off', true);
  PERFORM pg_advisory_xact_lock(hashtextextended(client, 7));
  moment := ${now};
  FOR p IN 0 .. jsonb_array_length(partitions) - 1 LOOP
    one := partitions -> p;
    part_name := client || (one ->> 'name');
    DELETE FROM ${members} m WHERE m.part = part_name AND m.member <> asking
      AND greatest(m.seen, m.until) + ${PRESENCE} < moment;
    SELECT * INTO mine FROM ${members} m WHERE m.part = part_name AND m.member = asking;
    SELECT count(*) + 1, coalesce(max(m.pass), 0) INTO total, most
      FROM ${members} m WHERE m.part = part_name AND m.member <> asking;
    SELECT min((value ->> 'calls')::bigint) INTO space FROM jsonb_array_elements(one -> 'limits');
    slack := ceil(space::numeric / total);
    passes[p] := coalesce(mine.pass, 0);
    IF total > 1 THEN passes[p] := greatest(passes[p], most - slack); END IF;
    my_until := coalesce(mine.until, 0);
    owed[p] := (SELECT coalesce(sum(greatest(least(passes[p] - m.pass, slack), 1)), 0)
      FROM ${members} m
      WHERE m.part = part_name AND m.member <> asking
        AND m.until >= moment AND m.until - ${GRACE + SOON} <= moment
        AND (least(passes[p] - m.pass, slack) > 0
          OR least(passes[p] - m.pass, slack) = 0 AND (my_until < moment OR m.until < my_until)));
    totals[p] := total;
  END LOOP;

  FOREACH which IN ARRAY rings LOOP
    best := 0;
    FOR p IN 0 .. jsonb_array_length(partitions) - 1 LOOP
      one := partitions -> p;
      part_name := client || (one ->> 'name');
      FOR l IN 0 .. jsonb_array_length(one -> 'limits') - 1 LOOP
        bound := one -> 'limits' -> l;
        space := (bound ->> which)::bigint;
        span := (bound ->> 'window')::bigint;
        ring_name := part_name || (bound ->> 'policy') || ' ' || which;
        found := span;
        IF space > 0 THEN
          SELECT r.number, r.taken_at INTO newest, newest_at FROM ${places} r WHERE r.ring = ring_name ORDER BY r.number DESC LIMIT 1;
          IF newest_at > moment + span THEN
            -- The server's clock was set back: as if all were taken now.
            UPDATE ${places} r SET taken_at = moment, ends_at = moment + span WHERE r.ring = ring_name;
          END IF;
          ahead := CASE WHEN which = 'calls' THEN least(owed[p], space - 1) ELSE 0 END;
          SELECT r.taken_at + span - moment INTO found FROM ${places} r WHERE r.ring = ring_name AND r.number = newest + 1 - space + ahead;
          found := coalesce(found, 0);
          IF found > 0 AND ahead > 0 THEN
            SELECT r.taken_at + span - moment INTO front FROM ${places} r WHERE r.ring = ring_name AND r.number = newest + 1 - space;
            IF coalesce(front, 0) <= 0 THEN found := least(found, ${SOON}); END IF;
          END IF;
        END IF;
        IF found > best THEN best := found; best_p := p; best_l := l; END IF;
      END LOOP;
    END LOOP;
    IF best = 0 THEN got := which; EXIT; END IF;
    spent := spent || jsonb_build_array(jsonb_build_array(which, best_p, best_l, best));
    blocked_p := best_p;
    blocked_wait := best;
  END LOOP;

  FOR p IN 0 .. jsonb_array_length(partitions) - 1 LOOP
    one := partitions -> p;
    part_name := client || (one ->> 'name');
    my_until := CASE WHEN (one ->> 'waiting')::boolean THEN moment + ${GRACE} ELSE 0 END;
    IF got IS NULL AND p = blocked_p THEN
      my_until := moment + blocked_wait + ${GRACE};
    END IF;
    IF got = 'calls' THEN passes[p] := passes[p] + 1; END IF;
    INSERT INTO ${members} AS m (part, member, pass, until, seen)
      VALUES (part_name, asking, passes[p], my_until, moment)
      ON CONFLICT (part, member) DO UPDATE
      SET pass = excluded.pass, until = excluded.until, seen = excluded.seen;
    IF got IS NOT NULL THEN
      FOR l IN 0 .. jsonb_array_length(one -> 'limits') - 1 LOOP
        bound := one -> 'limits' -> l;
        ring_name := part_name || (bound ->> 'policy') || ' ' || got;
        SELECT max(r.number) INTO newest FROM ${places} r WHERE r.ring = ring_name;
        newest := coalesce(newest, 0) + 1;
        INSERT INTO ${places} (ring, number, taken_at, ends_at) VALUES (ring_name, newest, moment, moment + (bound ->> 'window')::bigint);
        DELETE FROM ${places} r WHERE r.ring = ring_name AND r.number <= newest - (bound ->> got)::bigint;
      END LOOP;
    END IF;
  END LOOP;
  RETURN jsonb_build_object('taken', got, 'members', coalesce(totals[0], 1),
    'spent', CASE WHEN got IS NULL THEN spent ELSE '[]' END);
END $$`,
    ],
    look:
      `SELECT to_regclass('${places}') IS NOT NULL AND to_regclass('${members}') IS NOT NULL ` +
      `AND to_regprocedure('${take}(text, text, text[], jsonb)') IS NOT NULL`,
    take: `SELECT ${take}($1, $2, ARRAY(SELECT jsonb_array_elements_text($3::jsonb)), $4::jsonb)::text`,
    sweep:
      `WITH gone AS (DELETE FROM ${places} WHERE ends_at < ${now}) ` +
      `DELETE FROM ${members} WHERE greatest(seen, until) + ${PRESENCE} < ${now}`,
  }
}
