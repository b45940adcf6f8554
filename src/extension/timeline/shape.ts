/**
 * What the page shows, as plain data: the page makes elements of it one by one, and text stays text. So nothing that a
 * board is called can become a tag, and the tests read the same values that the page draws.
 */

export interface Shape {
  readonly tag: string;
  readonly attributes: Readonly<Record<string, string>>;
  readonly children: readonly (Shape | string)[];
}

type Attributes = Readonly<Record<string, string | number | undefined>>;
type Child = Shape | string | false | undefined;

/** A shape; what is `undefined` or `false` is left out. */
export function shape(tag: string, attributes: Attributes, ...children: readonly Child[]): Shape {
  const written = Object.entries(attributes).flatMap(([name, value]) =>
    value === undefined ? [] : [[name, String(value)] as const],
  );
  return {
    tag,
    attributes: Object.fromEntries(written),
    children: children.filter((child) => child !== undefined && child !== false),
  };
}

/** All text in it, as a screen shows it. */
export const textOf = ({ children }: Shape): string =>
  children.map((child) => (typeof child === "string" ? child : textOf(child))).join(" ");
