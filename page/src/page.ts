// The page of a report document.

import { ChartCard } from './chart_card.ts';
import type { Figure, Report, Section, Source, Table } from './document.ts';
import { button, h, rich, slug } from './dom.ts';
import { unitText } from './format.ts';
import type { Store } from './store.ts';
import { appearance, contents, systems } from './switches.ts';
import { tableFigure } from './table_view.ts';
import { whatIfPanel } from './whatif_panel.ts';

const SOURCES = 'sources';
const WHAT_IF = 'what-if';

function figure({ value, unit, label, note }: Figure): HTMLElement {
  return h(
    'div',
    { class: 'figure' },
    h('dt', {}, label),
    h(
      'dd',
      {},
      h('span', { class: 'value' }, value),
      unit ? h('span', { class: 'unit' }, unitText(unit)) : null,
    ),
    note ? h('dd', { class: 'note' }, note) : null,
  );
}

/** A source's titles, each with its address where they pair up. Only addresses of the web become links. */
function links(source: Source): (Node | string)[] {
  const urls = (source.url ?? '').split(/;\s+/).filter((url) => /^https?:\/\//i.test(url));
  const titles = source.title.split(/;\s+/);
  const texts = urls.length === titles.length ? titles : [source.title];
  return texts.flatMap((text, i) => {
    const url = urls[i];
    const title = url
      ? h('a', { href: url, rel: 'noreferrer noopener', target: '_blank' }, text)
      : text;
    return i > 0 ? ['; ', title] : [title];
  });
}

function sourceItem(source: Source): HTMLElement {
  const figures = source.figures ?? [];
  return h(
    'li',
    {},
    h(
      'p',
      {},
      ...links(source),
      source.date ? h('span', { class: 'date' }, source.date) : null,
      source.grade ? h('span', { class: 'grade' }, source.grade) : null,
    ),
    figures.length > 0
      ? h(
          'details',
          {},
          h('summary', {}, figures.length === 1 ? '1 figure' : `${figures.length} figures`),
          h('ul', {}, ...figures.map((text) => h('li', {}, text))),
        )
      : null,
  );
}

function heading(title: string): HTMLElement {
  return h('h2', {}, title);
}

function masthead(report: Report, store: Store): HTMLElement {
  const made = [
    report.version ? `perfmodel ${report.version}` : null,
    ...new Set(report.generated_from ?? []),
  ].filter((text): text is string => text !== null);
  return h(
    'header',
    { class: 'masthead' },
    h(
      'div',
      { class: 'titles' },
      h('h1', {}, report.title),
      report.subtitle ? h('p', { class: 'subtitle' }, report.subtitle) : null,
      h('ul', { class: 'made' }, ...made.map((text) => h('li', {}, text))),
    ),
    h(
      'div',
      { class: 'page-tools' },
      appearance(store),
      button('Print', { class: 'print' }, () => window.print()),
    ),
  );
}

export interface Page {
  element: HTMLElement;
  cards: ChartCard[];
}

export function page(report: Report, store: Store): Page {
  const colors = new Map(report.systems.map((system) => [system.id, system.color]));
  const cards: ChartCard[] = [];
  const entries: { id: string; title: string }[] = [];
  const enter = (id: string, title: string) => {
    entries.push({ id, title });
    return h('section', { id, 'aria-label': title }, heading(title));
  };

  // A chart may draw a table of another section; a table is shown once, under its first chart.
  const tables = new Map<string, Table>();
  for (const section of report.sections)
    for (const table of section.tables ?? []) tables.set(table.id, table);
  const drawn = new Set(report.sections.flatMap((s) => (s.charts ?? []).map((c) => c.table)));

  const sectionOf = (section: Section) => {
    const element = enter(slug(section.id), section.title);
    element.append(...(section.text ?? []).map((text) => h('p', { class: 'text' }, ...rich(text))));
    const figures = section.figures ?? [];
    if (figures.length > 0) element.append(h('dl', { class: 'figures' }, ...figures.map(figure)));
    const shown = (section.charts ?? []).map(
      (chart) => new ChartCard(chart, tables.get(chart.table), store, colors),
    );
    cards.push(...shown);
    const alone = (section.tables ?? []).filter((table) => !drawn.has(table.id));
    if (shown.length > 0)
      element.append(h('div', { class: 'charts' }, ...shown.map((card) => card.element)));
    element.append(...alone.map(tableFigure));
    return element;
  };

  const sections = report.sections.map(sectionOf);
  if (report.whatif) {
    const panel = whatIfPanel(report.whatif, report, store, colors);
    const element = enter(WHAT_IF, report.whatif.title);
    element.append(panel.element);
    cards.push(panel.card);
    sections.push(element);
  }
  const sources = report.sources ?? [];
  if (sources.length > 0) {
    const element = enter(SOURCES, 'Sources');
    element.append(h('ol', { class: 'sources' }, ...sources.map(sourceItem)));
    sections.push(element);
  }

  const sides = [h('details', { class: 'side' }, h('summary', {}, 'Contents'), contents(entries))];
  if (report.systems.length > 1) {
    const { element, summary } = systems(report, store);
    sides.push(h('details', { class: 'side' }, h('summary', {}, 'Systems ', summary), element));
  }
  openOnWide(sides);

  const element = h(
    'div',
    { class: 'page' },
    h('a', { class: 'skip', href: '#main' }, 'To the report'),
    masthead(report, store),
    h(
      'div',
      { class: 'layout' },
      h('aside', { 'aria-label': 'Contents and systems' }, ...sides),
      h('main', { id: 'main', tabindex: -1 }, ...sections),
    ),
  );
  return { element, cards };
}

/** Beside the text both panels stand open; above it they open one at a time, over the text. */
function openOnWide(sides: HTMLDetailsElement[]): void {
  const wide = matchMedia('(min-width: 70rem)');
  const set = () => {
    for (const side of sides) side.open = wide.matches;
  };
  wide.addEventListener('change', set);
  set();
  for (const side of sides) {
    side.addEventListener('toggle', () => {
      if (side.open && !wide.matches)
        for (const other of sides) if (other !== side) other.open = false;
    });
    side.addEventListener('click', (event) => {
      if (!wide.matches && (event.target as Element).closest('a')) side.open = false;
    });
    side.addEventListener('keydown', (event) => {
      if (event.key !== 'Escape' || wide.matches) return;
      side.open = false;
      side.querySelector('summary')?.focus();
    });
  }
}
