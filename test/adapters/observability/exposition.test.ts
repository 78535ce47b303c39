import { describe, expect, test } from 'vitest';
import { Family, label, PageBudget } from '../../../src/adapters/observability/exposition.ts';

describe('a family', () => {
  test('is written as Prometheus reads it', () => {
    const family = new Family('gauge', 'lag', 'How far behind.');
    family.add('', 1);
    family.add(label('topic', 'orders'), 0.25);
    family.add('le="+Inf"', Infinity, '_bucket');
    family.add('quantile="0.5"', NaN);
    expect(family.pieces().join('')).toBe(
      '# HELP lag How far behind.\n# TYPE lag gauge\n' +
        'lag 1\nlag{topic="orders"} 0.25\nlag_bucket{le="+Inf"} +Inf\nlag{quantile="0.5"} NaN\n',
    );
  });

  test('comes in pieces when it is long', () => {
    const family = new Family('gauge', 'lag', 'How far behind.');
    for (let i = 0; i < 2000; i++) family.add(label('topic', `topic-${i}`), i);
    const pieces = family.pieces();
    expect(pieces.length).toBeGreaterThan(3);
    expect(pieces.join('').split('\n')).toHaveLength(2 + 2000 + 1);
  });
});

test('a label may hold anything', () => {
  expect(label('consumergroup', 'a"b\\c\nd')).toBe('consumergroup="a\\"b\\\\c\\nd"');
  expect(label('consumergroup', 'größe')).toBe('consumergroup="größe"');
});

describe('the budget of a page', () => {
  test('counts what there is no room for', () => {
    const budget = new PageBudget(4);
    expect([budget.take(3), budget.take(3), budget.take(1)]).toEqual([true, false, true]);
    expect(budget.dropped).toBe(3);
  });

  test('lets others run when a slice is over', async () => {
    const budget = new PageBudget(0);
    expect(budget.breathe()).toBeUndefined();
    for (const end = performance.now() + 5; performance.now() < end;);
    let others = false;
    setImmediate(() => (others = true));
    await budget.breathe();
    expect(others).toBe(true);
  });
});
