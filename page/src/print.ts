// On paper: light, tables open, charts as wide as the text.

import type { ChartCard } from './chart_card.ts';
import type { Store } from './store.ts';

export function printing(store: Store, cards: ChartCard[]): void {
  let opened: HTMLDetailsElement[] = [];
  const begin = () => {
    if (store.printing) return;
    for (const card of cards) card.start();
    opened = [...document.querySelectorAll<HTMLDetailsElement>('main details:not([open])')];
    for (const details of opened) details.open = true;
    store.setPrinting(true);
  };
  const end = () => {
    if (!store.printing) return;
    for (const details of opened) details.open = false;
    opened = [];
    store.setPrinting(false);
  };
  window.addEventListener('beforeprint', begin);
  window.addEventListener('afterprint', end);
  matchMedia('print').addEventListener('change', (event) => (event.matches ? begin() : end()));
}
