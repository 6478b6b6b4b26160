import './style/base.css';
import './style/page.css';
import './style/figures.css';
import './style/controls.css';
import './style/narrow.css';
import './style/print.css';
import type { ChartCard } from './chart_card.ts';
import { parseReport } from './document.ts';
import { h } from './dom.ts';
import { page } from './page.ts';
import { printing } from './print.ts';
import { Store } from './store.ts';

/** Draws what can be seen at once, and the rest one by one when there is time. */
function drawAll(cards: ChartCard[]): void {
  const far = 1.5 * innerHeight;
  const later = cards.filter((card) => {
    if (card.element.getBoundingClientRect().top >= far) return true;
    card.start();
    return false;
  });
  const whenIdle = globalThis.requestIdleCallback ?? ((work: () => void) => setTimeout(work, 0));
  const next = () => {
    const card = later.shift();
    if (!card) {
      document.documentElement.dataset.drawn = 'all';
      return;
    }
    card.start();
    whenIdle(next);
  };
  // A reader who jumps ahead does not wait for the queue.
  const watch = new IntersectionObserver((seen) => {
    for (const { isIntersecting, target } of seen)
      if (isIntersecting) cards.find((card) => card.element === target)?.start();
  });
  for (const card of later) watch.observe(card.element);
  whenIdle(next);
}

function start(): void {
  const place = document.getElementById('page');
  const source = document.getElementById('report-document');
  if (!place || !source) return;
  const report = parseReport(source.textContent ?? '');
  if ('problem' in report) {
    place.append(h('p', { role: 'alert', class: 'problem' }, report.problem));
    return;
  }
  document.title = report.title;
  const store = new Store();
  const { element, cards } = page(report, store);
  place.replaceChildren(element);
  printing(store, cards);
  drawAll(cards);
  performance.mark('drawn');
}

start();
