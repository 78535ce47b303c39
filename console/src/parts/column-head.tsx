import type { JSX } from 'preact';

export interface Column<Name extends string> {
  readonly name: Name;
  readonly label: string;
  readonly numeric?: boolean;
}

export interface Order<Name extends string> {
  readonly by: Name;
  readonly down: boolean;
}

export interface ColumnHeadsProps<Name extends string> {
  readonly columns: readonly Column<Name>[];
  readonly order: Order<Name>;
  readonly onOrder: (order: Order<Name>) => void;
}

const ARROWS = { none: '', ascending: '↑', descending: '↓' } as const;

/** The heads of columns, as a row of the table that they belong to; a press sorts by one, another turns it round. */
export function ColumnHeads<Name extends string>({
  columns,
  order,
  onOrder,
}: ColumnHeadsProps<Name>): JSX.Element {
  return (
    <div class="heads" role="row">
      {columns.map(({ name, label, numeric = false }) => {
        const isCurrent = order.by === name;
        const turned = { by: name, down: isCurrent ? !order.down : numeric };
        const sorting = isCurrent ? (order.down ? 'descending' : 'ascending') : 'none';
        return (
          <div key={name} class="head-cell" role="columnheader" aria-sort={sorting}>
            <button
              type="button"
              class={`head ${numeric ? 'numeric' : ''}`}
              onClick={() => onOrder(turned)}
            >
              {label}
              <span class="arrow" aria-hidden="true">
                {ARROWS[sorting]}
              </span>
            </button>
          </div>
        );
      })}
    </div>
  );
}

/** Rows in an order; what is not known comes last. */
export function sorted<Row, Name extends string>(
  rows: readonly Row[],
  order: Order<Name>,
  valueOf: (row: Row, by: Name) => string | number | null,
): Row[] {
  const turn = order.down ? -1 : 1;
  return [...rows].sort((one, other) => {
    const [a, b] = [valueOf(one, order.by), valueOf(other, order.by)];
    if (a === b) return 0;
    if (a === null || b === null) return a === null ? 1 : -1;
    return (a < b ? -1 : 1) * turn;
  });
}
