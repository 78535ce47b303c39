import type { JSX } from 'preact';
import type { OffsetMove } from '../../api/types.ts';
import { count } from '../../format.ts';

/** What a dry run says. */
export function MoveTable({ moves }: { readonly moves: readonly OffsetMove[] }): JSX.Element {
  return (
    <>
      <p>This is what would happen. Nothing has moved yet.</p>
      <div class="moves">
        <table>
          <thead>
            <tr>
              <th>Partition</th>
              <th class="numeric">From</th>
              <th class="numeric">To</th>
            </tr>
          </thead>
          <tbody>
            {moves.map(({ topic, partition, from, to }) => (
              <tr key={`${topic}/${partition}`}>
                <td>
                  {topic} {partition}
                </td>
                <td class="numeric">{count(from)}</td>
                <td class="numeric">{count(to)}</td>
              </tr>
            ))}
          </tbody>
        </table>
      </div>
    </>
  );
}
