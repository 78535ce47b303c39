import type { ComponentChildren, JSX } from 'preact';
import { Icon } from './icons.tsx';

/** The name of a page, the way back, and what can be done with all of it. */
export function PageHead({
  title,
  note,
  back,
  children,
}: {
  readonly title: string;
  readonly note?: ComponentChildren;
  readonly back?: { readonly href: string; readonly label: string };
  readonly children?: ComponentChildren;
}): JSX.Element {
  return (
    <header class="page-head">
      <div class="page-title">
        {back ? (
          <a class="back" href={back.href}>
            <Icon name="back" /> {back.label}
          </a>
        ) : null}
        <h1>{title}</h1>
        {note ? <p class="note">{note}</p> : null}
      </div>
      {children ? <div class="page-actions">{children}</div> : null}
    </header>
  );
}
