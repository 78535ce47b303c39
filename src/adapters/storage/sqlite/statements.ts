import type { Database, Statement } from 'better-sqlite3';

/** The layout that this code reads and writes, kept as the database's `user_version`. */
const LAYOUT = 1;

/**
 * One table for the batches of all logs, in the order in which they came, and an index to find them: a table for each log would
 * have every statement prepared anew whenever a log is made, and a table sorted by log would be split up by every write.
 */
const SCHEMA = `
  CREATE TABLE logs (log INTEGER PRIMARY KEY, facts TEXT NOT NULL);
  CREATE TABLE checkpoints (log INTEGER PRIMARY KEY, bytes BLOB NOT NULL);
  CREATE TABLE batches (
    id INTEGER PRIMARY KEY, log INTEGER NOT NULL, base INTEGER NOT NULL,
    max_timestamp INTEGER NOT NULL, peak INTEGER NOT NULL, bytes BLOB NOT NULL
  );
  CREATE UNIQUE INDEX batches_by_offset ON batches (log, base);
  PRAGMA user_version = ${LAYOUT};
`;

const HEAD = 'base, max_timestamp, peak, length(bytes)';

/** base, max_timestamp, peak, bytes in the row */
export type HeadTuple = [number, number, number, number];
/** base, max_timestamp, peak, the row's bytes */
export type RowTuple = [number, number, number, Buffer];

/** Makes the tables of a new database; throws for one of another layout. */
export function prepareSchema(db: Database): void {
  const layout = db.pragma('user_version', { simple: true });
  if (layout === LAYOUT) return;
  if (layout !== 0) throw new Error(`the layout of ${db.name} is ${String(layout)}, not ${LAYOUT}`);
  db.transaction(() => db.exec(SCHEMA)).immediate();
}

/** Every statement that is used, prepared once. */
export interface Statements {
  readonly begin: Statement;
  readonly commit: Statement;
  readonly rollback: Statement;
  readonly facts: Statement<[], [string]>;
  readonly putFacts: Statement;
  readonly forgetFacts: Statement;
  readonly checkpoint: Statement<[number], [Buffer]>;
  readonly putCheckpoint: Statement;
  readonly forgetCheckpoint: Statement;
  readonly putRow: Statement;
  readonly cut: Statement;
  readonly floorHead: Statement<[number, number], HeadTuple>;
  readonly heads: Statement<[number, number, number], HeadTuple>;
  readonly floorRow: Statement<[number, number], RowTuple>;
  readonly nextRow: Statement<[number, number], RowTuple>;
}

export function prepareStatements(db: Database): Statements {
  const row = 'SELECT base, max_timestamp, peak, bytes FROM batches WHERE log = ? AND base';
  return {
    begin: db.prepare('BEGIN IMMEDIATE'),
    commit: db.prepare('COMMIT'),
    rollback: db.prepare('ROLLBACK'),
    facts: db.prepare<[], [string]>('SELECT facts FROM logs').raw(),
    putFacts: db.prepare('INSERT OR REPLACE INTO logs (log, facts) VALUES (?, ?)'),
    forgetFacts: db.prepare('DELETE FROM logs WHERE log = ?'),
    checkpoint: db.prepare<[number], [Buffer]>('SELECT bytes FROM checkpoints WHERE log = ?').raw(),
    putCheckpoint: db.prepare('INSERT OR REPLACE INTO checkpoints (log, bytes) VALUES (?, ?)'),
    forgetCheckpoint: db.prepare('DELETE FROM checkpoints WHERE log = ?'),
    putRow: db.prepare(
      'INSERT INTO batches (log, base, max_timestamp, peak, bytes) VALUES (?, ?, ?, ?, ?)',
    ),
    cut: db.prepare('DELETE FROM batches WHERE log = ? AND base >= ? AND base < ?'),
    floorHead: db
      .prepare<[number, number], HeadTuple>(
        `SELECT ${HEAD} FROM batches WHERE log = ? AND base <= ? ORDER BY base DESC LIMIT 1`,
      )
      .raw(),
    heads: db
      .prepare<[number, number, number], HeadTuple>(
        `SELECT ${HEAD} FROM batches WHERE log = ? AND base >= ? ORDER BY base LIMIT ?`,
      )
      .raw(),
    floorRow: db
      .prepare<[number, number], RowTuple>(`${row} <= ? ORDER BY base DESC LIMIT 1`)
      .raw(),
    nextRow: db.prepare<[number, number], RowTuple>(`${row} > ? ORDER BY base LIMIT 1`).raw(),
  };
}
