import { Component, createElement, type ComponentType, type FunctionComponent } from 'preact';

/** Draws again only when a property is another one: for the rows of lists. */
export function memo<P extends object>(Inner: FunctionComponent<P>): ComponentType<P> {
  return class extends Component<P> {
    override shouldComponentUpdate(next: Readonly<P>): boolean {
      return isDifferent(this.props as P, next);
    }
    override render() {
      return createElement(Inner, this.props as P);
    }
  };
}

function isDifferent<P extends object>(one: P, other: P): boolean {
  const names = Object.keys(other) as (keyof P)[];
  return names.some(name => one[name] !== other[name]);
}
