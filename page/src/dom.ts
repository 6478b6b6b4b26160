// Elements from tags, attributes and children. Texts are text nodes: nothing in a document is HTML.

export type Child = Node | string | null | undefined | false;
type Attributes = Record<string, string | number | boolean | null | undefined>;

export function append(parent: Element, children: Child[]): void {
  for (const child of children) if (child) parent.append(child);
}

function attribute(element: Element, name: string, value: Attributes[string]): void {
  if (value === null || value === undefined || value === false) return;
  element.setAttribute(name, value === true ? '' : String(value));
}

export function h<K extends keyof HTMLElementTagNameMap>(
  tag: K,
  attributes: Attributes = {},
  ...children: Child[]
): HTMLElementTagNameMap[K] {
  const element = document.createElement(tag);
  for (const [name, value] of Object.entries(attributes)) attribute(element, name, value);
  append(element, children);
  return element;
}

export function svg(tag: string, attributes: Attributes, ...children: Child[]): SVGElement {
  const element = document.createElementNS('http://www.w3.org/2000/svg', tag);
  for (const [name, value] of Object.entries(attributes)) attribute(element, name, value);
  append(element, children);
  return element;
}

export function button(text: string, attributes: Attributes, onClick: () => void) {
  const element = h('button', { type: 'button', ...attributes }, text);
  element.addEventListener('click', onClick);
  return element;
}

/** A paragraph's text: **bold** and `code`, all else as it stands. */
export function rich(text: string): Child[] {
  return text.split(/(\*\*[^*]+\*\*|`[^`]+`)/).map((part) => {
    if (part.startsWith('**') && part.length > 4) return h('strong', {}, part.slice(2, -2));
    if (part.startsWith('`') && part.length > 2) return h('code', {}, part.slice(1, -1));
    return part;
  });
}

const waiting = new Map<HTMLDetailsElement, () => Node>();

/** Something folded away, made when it is first unfolded: a page of long tables opens fast. */
export function folded(
  attributes: Attributes,
  summary: Node | string,
  content: () => Node,
): HTMLDetailsElement {
  const details = h('details', attributes, h('summary', {}, summary));
  waiting.set(details, content);
  details.addEventListener('toggle', () => fill(details));
  return details;
}

/** Makes the content now, before the event of unfolding comes. */
export function fill(details: HTMLDetailsElement): void {
  const content = waiting.get(details);
  if (!content) return;
  waiting.delete(details);
  details.append(content());
}

/** A name that is safe in an id. */
export function slug(text: string): string {
  return text.replace(/[^A-Za-z0-9._-]+/g, '-');
}
