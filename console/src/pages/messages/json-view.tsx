import type { ComponentChildren, JSX } from 'preact';
import { useMemo } from 'preact/hooks';

/** Colours cost an element each: what is larger is shown without. */
const COLOURED_MAX = 100_000;
const TOKEN =
  /("(?:\\.|[^"\\])*")(\s*:)?|-?\d+(?:\.\d+)?(?:[eE][+-]?\d+)?|\b(?:true|false|null)\b/g;

/** JSON, indented; names, texts and numbers each in a colour of their own. */
export function JsonView({ value }: { readonly value: unknown }): JSX.Element {
  const children = useMemo(() => {
    const text = JSON.stringify(value, null, 2) ?? 'null';
    return text.length > COLOURED_MAX ? text : coloured(text);
  }, [value]);
  return <pre class="code json">{children}</pre>;
}

function coloured(text: string): ComponentChildren[] {
  const children: ComponentChildren[] = [];
  let end = 0;
  for (const token of text.matchAll(TOKEN)) {
    const [all, string, colon] = token;
    children.push(text.slice(end, token.index));
    const kind = string === undefined ? 'literal' : colon === undefined ? 'string' : 'name';
    children.push(<span class={kind}>{string ?? all}</span>, colon ?? '');
    end = token.index + all.length;
  }
  children.push(text.slice(end));
  return children;
}
