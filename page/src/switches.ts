// The page's own controls: contents, systems, colours.

import type { Report } from './document.ts';
import { button, h } from './dom.ts';
import type { Appearance, Store } from './store.ts';
import { swatch } from './swatch.ts';
import { pick } from './theme.ts';

export function contents(entries: { id: string; title: string }[]): HTMLElement {
  return h(
    'nav',
    { 'aria-label': 'Contents' },
    h('ol', {}, ...entries.map(({ id, title }) => h('li', {}, h('a', { href: `#${id}` }, title)))),
  );
}

/** Systems on and off, in all charts. */
export function systems(
  report: Report,
  store: Store,
): { element: HTMLElement; summary: HTMLElement } {
  const summary = h('span', { class: 'count' });
  const ids = report.systems.map((system) => system.id);
  const rows = report.systems.map((system) => {
    const box = h('input', { type: 'checkbox', 'data-system': system.id });
    box.addEventListener('change', () => store.setSystems([system.id], box.checked));
    const mark = h('span', { class: 'mark' });
    return { system, box, mark, element: h('label', {}, box, mark, h('span', {}, system.name)) };
  });
  const show = () => {
    for (const { system, box, mark } of rows) {
      box.checked = store.shows(system.id);
      mark.replaceChildren(
        swatch({
          color: pick(store.theme.systems, system.color),
          shape: system.color,
          line: true,
          dash: false,
        }),
      );
    }
    summary.textContent = `${ids.length - store.off.size} of ${ids.length}`;
  };
  store.listen(show);
  show();
  const element = h(
    'fieldset',
    { class: 'systems' },
    h('legend', { class: 'unseen' }, 'Systems shown in the charts'),
    ...rows.map((row) => row.element),
    h(
      'div',
      { class: 'tools' },
      button('all', { class: 'small' }, () => store.setSystems(ids, true)),
      button('none', { class: 'small' }, () => store.setSystems(ids, false)),
    ),
  );
  return { element, summary };
}

export function appearance(store: Store): HTMLElement {
  const choices: [Appearance, string][] = [
    ['system', 'Auto'],
    ['light', 'Light'],
    ['dark', 'Dark'],
  ];
  return h(
    'fieldset',
    { class: 'appearance' },
    h('legend', { class: 'unseen' }, 'Colours'),
    ...choices.map(([value, name]) => {
      const radio = h('input', {
        type: 'radio',
        name: 'appearance',
        value,
        checked: store.appearance === value,
      });
      radio.addEventListener('change', () => store.setAppearance(value));
      return h('label', {}, radio, h('span', {}, name));
    }),
  );
}
