/** Lines of a table with as many blanks as its columns need. */
export function textTable(
  titles: readonly string[],
  rows: readonly (readonly (string | number)[])[],
): string[] {
  const cells = [titles, ...rows].map(row => row.map(String));
  const widths = titles.map((_, at) => Math.max(...cells.map(row => row[at]!.length)));
  return cells.map(row =>
    row
      .map((cell, at) => cell.padEnd(widths[at]!))
      .join('  ')
      .trimEnd(),
  );
}
