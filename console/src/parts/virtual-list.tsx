import type { ComponentChildren, JSX } from 'preact';
import { useEffect, useLayoutEffect, useRef, useState } from 'preact/hooks';

export interface VirtualListProps {
  readonly label: string;
  readonly count: number;
  /** All rows are as high as this, in pixels. */
  readonly rowHeight: number;
  readonly row: (index: number) => ComponentChildren;
  readonly keyOf: (index: number) => string | number;
  /** Whether it begins at the last row, and stays there while somebody is. */
  readonly atEnd?: boolean;
  /** Told which rows can be seen, when that changes. */
  readonly onSeen?: (first: number, last: number) => void;
  /** How many rows came before those that were there: what is looked at stays where it is. */
  readonly shift?: number;
  readonly class?: string;
  /** The row of its columns' names, which does not scroll. */
  readonly head?: ComponentChildren;
}

interface Span {
  readonly first: number;
  readonly last: number;
}

/** Rows above and below what is seen, so that a quick hand meets no gap, and the tabulator finds the next row. */
const SPARE = 8;

/**
 * A list of any length, of which only the rows in sight are in the document. It scrolls by itself where the styles say so,
 * and with the page where they do not.
 */
export function VirtualList(props: VirtualListProps): JSX.Element {
  const { count, rowHeight, row, keyOf } = props;
  const list = useRef<HTMLDivElement>(null);
  const [span, setSpan] = useState<Span>({ first: 0, last: 30 });
  useSpan(list, props, setSpan);
  useAnchor(list, props);
  const first = Math.max(0, Math.min(span.first, count - 1));
  const last = Math.min(count, span.last);
  const heads = props.head === undefined ? 0 : 1;
  const rows: JSX.Element[] = [];
  for (let index = first; index < last; index++) {
    rows.push(
      <div
        key={keyOf(index)}
        role="row"
        aria-rowindex={index + 1 + heads}
        class="vrow"
        style={{ top: `${index * rowHeight}px`, height: `${rowHeight}px` }}
      >
        {row(index)}
      </div>,
    );
  }
  return (
    <div class="vtable" role="table" aria-label={props.label} aria-rowcount={count + heads}>
      {props.head}
      <div
        ref={list}
        class={`vlist ${props.class ?? ''}`}
        tabIndex={0}
        role="rowgroup"
        aria-label={props.label}
      >
        <div class="vspace" role="presentation" style={{ height: `${count * rowHeight}px` }}>
          {rows}
        </div>
      </div>
    </div>
  );
}

type ListRef = { readonly current: HTMLDivElement | null };

/** Follows what can be seen. */
function useSpan(list: ListRef, props: VirtualListProps, setSpan: (span: Span) => void): void {
  const latest = useRef(props);
  latest.current = props;
  const shown = useRef<Span>({ first: -1, last: -1 });
  const measure = (): void => {
    const { rowHeight, count, onSeen } = latest.current;
    if (!list.current) return;
    const { top, height } = viewOf(list.current);
    markBar(list.current);
    const seen = {
      first: Math.floor(top / rowHeight),
      last: Math.ceil((top + height) / rowHeight),
    };
    onSeen?.(Math.max(0, seen.first), Math.min(count, seen.last));
    const span = { first: seen.first - SPARE, last: seen.last + SPARE };
    if (span.first === shown.current.first && span.last === shown.current.last) return;
    shown.current = span;
    setSpan(span);
  };
  useEffect(() => {
    const gone = new AbortController();
    // Scrolling does not bubble, but it can be caught: of this list, and of the page around it.
    const options = { capture: true, passive: true, signal: gone.signal };
    document.addEventListener('scroll', measure, options);
    const sizes = new ResizeObserver(measure);
    sizes.observe(list.current!);
    return () => {
      gone.abort();
      sizes.disconnect();
    };
  }, []);
  useLayoutEffect(measure, [props.count, props.rowHeight]);
}

/** Where the list is looked at, in pixels from its top. */
function viewOf(list: HTMLElement): { top: number; height: number } {
  if (scrollsItself(list)) return { top: list.scrollTop, height: list.clientHeight };
  return { top: Math.max(0, -list.getBoundingClientRect().top), height: innerHeight };
}

/** Tells the styles how wide the scrollbar is, so that heads stand above their columns. */
function markBar(list: HTMLElement): void {
  const bar = `${list.offsetWidth - list.clientWidth}px`;
  const { style } = list.parentElement!;
  if (style.getPropertyValue('--bar') !== bar) style.setProperty('--bar', bar);
}

function scrollsItself(list: HTMLElement): boolean {
  return getComputedStyle(list).overflowY !== 'visible';
}

/** Keeps the rows that are looked at in place when others come before them, or the end when others come after. */
function useAnchor(
  list: ListRef,
  { count, rowHeight, shift = 0, atEnd = false }: VirtualListProps,
) {
  const before = useRef({ shift, isAtEnd: atEnd });
  useEffect(() => {
    const element = list.current!;
    const watch = (): void => {
      const below = element.scrollHeight - element.scrollTop - element.clientHeight;
      before.current.isAtEnd = below < rowHeight;
    };
    element.addEventListener('scroll', watch, { passive: true });
    return () => element.removeEventListener('scroll', watch);
  }, [rowHeight]);
  useLayoutEffect(() => {
    const element = list.current!;
    const rows = shift - before.current.shift;
    before.current.shift = shift;
    if (atEnd && before.current.isAtEnd) element.scrollTop = element.scrollHeight;
    else if (rows !== 0) element.scrollTop += rows * rowHeight;
  }, [count, shift, atEnd]);
}
