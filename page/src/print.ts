// On paper: light, tables open, charts as wide as the text.

import type { ChartCard } from './chart_card.ts';
import { fill } from './dom.ts';
import type { Store } from './store.ts';

const LONGEST = 150; // rows; a longer table would fill pages, and its CSV file has it

export function printing(store: Store, cards: ChartCard[]): void {
  let opened: HTMLDetailsElement[] = [];
  const begin = () => {
    if (store.printing) return;
    for (const card of cards) card.start();
    opened = [...document.querySelectorAll<HTMLDetailsElement>('main details:not([open])')].filter(
      ({ dataset }) => Number(dataset.rows ?? 0) <= LONGEST,
    );
    for (const details of opened) {
      details.open = true;
      fill(details);
    }
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
