// A chart with its legend, switches, table and downloads.

import { draw, picture, scalable, scalesOf } from './charts/draw.ts';
import type { Drawing, LegendEntry, View } from './charts/drawing.ts';
import { type ECharts, engine } from './charts/engine.ts';
import type { Chart, Scale, Table } from './document.ts';
import { button, folded, h, rich, slug } from './dom.ts';
import { png, save } from './download.ts';
import type { Store } from './store.ts';
import { swatch } from './swatch.ts';
import { csvButton, grid } from './table_view.ts';
import { tooltip } from './tooltip.ts';

const PRINT_WIDTH = 680; // px: the text width of A4 with the margins of style/print.css
const PNG_SCALE = 2;
const FIRST_WIDTH = 800; // until the page has a layout

export class ChartCard {
  readonly element: HTMLElement;
  #chart: Chart;
  #table: Table | undefined;
  #drawing: Drawing | undefined;
  #engine: ECharts | undefined;
  #at: [series: number, item: number] | undefined; // the mark that the arrow keys reached
  readonly #store: Store;
  readonly #colors: ReadonlyMap<string, number>;
  readonly #hidden = new Set<string>();
  readonly #scales: { x: Scale; y: Scale };
  readonly #plot: HTMLElement;
  readonly #legend = h('ul', { class: 'legend' });
  readonly #said = h('p', { class: 'unseen', role: 'status' });
  #body: HTMLElement | undefined; // of the table, once it was unfolded

  constructor(
    chart: Chart,
    table: Table | undefined,
    store: Store,
    colors: ReadonlyMap<string, number>,
  ) {
    this.#chart = chart;
    this.#table = table;
    this.#store = store;
    this.#colors = colors;
    this.#scales = scalesOf(chart);
    const id = slug(chart.id);
    this.#plot = h('div', {
      class: 'plot',
      tabindex: 0,
      role: 'img',
      'aria-label': `Chart: ${chart.title}. ${chart.y.label} over ${chart.x.label}. The arrow keys go from value to value.`,
    });
    this.#plot.addEventListener('keydown', (event) => this.#step(event));
    this.#plot.addEventListener('blur', () => this.#leave());
    this.element = h(
      'figure',
      { class: 'chart', id: `chart-${id}`, 'data-chart': chart.id, 'data-kind': chart.kind },
      h(
        'figcaption',
        {},
        h('h3', {}, chart.title),
        h('div', { class: 'tools' }, ...this.#toggles(), ...this.#downloads()),
      ),
      this.#legend,
      this.#plot,
      this.#said,
      chart.note ? h('p', { class: 'note' }, ...rich(chart.note)) : null,
      table ? this.#numbers(table) : null,
    );
    store.listen(() => this.#redraw());
  }

  /** Draws for the first time; before, the page keeps room for it. */
  start(): void {
    if (this.#engine) return;
    this.#engine = engine(this.#plot, this.#width(), 300);
    this.#redraw();
    new ResizeObserver(() => {
      if (this.#engine && this.#engine.getWidth() !== this.#width()) this.#redraw();
    }).observe(this.element);
  }

  /** New numbers in place of the old ones. */
  update(chart: Chart, table: Table): void {
    this.#chart = chart;
    this.#table = table;
    this.#fill();
    this.#redraw();
  }

  #numbers(table: Table): HTMLElement {
    const summary = h('span', {}, 'Table', h('span', { class: 'unseen' }, `: ${table.title}`));
    return folded({ class: 'numbers', 'data-rows': table.rows.length }, summary, () => {
      this.#body = h('div');
      this.#fill();
      const current = () => this.#table ?? table;
      return h('div', {}, this.#body, h('div', { class: 'tools' }, csvButton(current)));
    });
  }

  #fill(): void {
    if (!this.#table || !this.#body) return;
    const note = this.#table.note ? h('p', { class: 'note' }, ...rich(this.#table.note)) : null;
    this.#body.replaceChildren(grid(this.#table, false), ...(note ? [note] : []));
  }

  #width(): number {
    if (this.#store.printing) return PRINT_WIDTH;
    const style = getComputedStyle(this.element);
    const inner =
      this.element.clientWidth -
      Number.parseFloat(style.paddingLeft) -
      Number.parseFloat(style.paddingRight);
    return Math.floor(inner > 0 ? inner : FIRST_WIDTH);
  }

  #view(width: number): View {
    return {
      width,
      theme: this.#store.theme,
      color: (system) => this.#colors.get(system) ?? 0,
      shows: (system) => this.#store.shows(system),
      hidden: this.#hidden,
      ...this.#scales,
    };
  }

  #redraw(): void {
    if (!this.#engine) return;
    const width = this.#width();
    const drawing = draw(this.#chart, this.#view(width));
    this.#drawing = drawing;
    this.#at = undefined;
    this.#plot.style.height = `${drawing.height}px`;
    this.element.dataset.marks = String(drawing.marks);
    this.#engine.resize({ width, height: drawing.height, silent: true });
    const tip = tooltip(this.#store.theme, (series, item) => drawing.details.get(series)?.[item]);
    this.#engine.setOption({ ...drawing.option, tooltip: tip }, { notMerge: true });
    this.#engine.getZr().flush();
    this.#drawLegend(drawing.legend);
  }

  #drawLegend(legend: LegendEntry[]): void {
    const active = document.activeElement;
    const focused = this.#legend.contains(active) ? active?.getAttribute('data-series') : null;
    this.#legend.replaceChildren(
      ...legend.map((entry) => {
        if (!entry.toggles) return h('li', {}, swatch(entry), entry.name);
        const item = button(
          '',
          {
            class: 'entry',
            'data-series': entry.name,
            'aria-pressed': String(!this.#hidden.has(entry.name)),
            title: 'Show or hide in this chart',
          },
          () => {
            if (!this.#hidden.delete(entry.name)) this.#hidden.add(entry.name);
            this.#redraw();
          },
        );
        item.append(swatch(entry), entry.name);
        return h('li', {}, item);
      }),
    );
    if (focused)
      this.#legend.querySelector<HTMLElement>(`[data-series="${CSS.escape(focused)}"]`)?.focus();
  }

  #toggles(): HTMLElement[] {
    return scalable(this.#chart).map((axis) => {
      const toggle = button(
        `log ${axis}`,
        {
          class: 'small toggle',
          'data-axis': axis,
          'aria-pressed': String(this.#scales[axis] === 'log'),
          title: `Logarithmic ${axis} axis`,
        },
        () => {
          this.#scales[axis] = this.#scales[axis] === 'log' ? 'linear' : 'log';
          toggle.setAttribute('aria-pressed', String(this.#scales[axis] === 'log'));
          this.#redraw();
        },
      );
      return toggle;
    });
  }

  #downloads(): HTMLElement[] {
    const name = (this.#chart.svg ?? `${slug(this.#chart.id)}.svg`).replace(/\.svg$/, '');
    const drawn = () => picture(this.#chart, this.#view(0));
    return [
      button('SVG', { class: 'small', title: 'Download the picture as SVG' }, () => {
        save(new Blob([drawn().svg], { type: 'image/svg+xml' }), `${name}.svg`);
      }),
      button('PNG', { class: 'small', title: 'Download the picture as PNG' }, async () => {
        const { svg, width, height } = drawn();
        save(await png(svg, width, height, PNG_SCALE), `${name}.png`);
      }),
    ];
  }

  /** Arrow keys: left and right through the values of a series, up and down through the series. */
  #step(event: KeyboardEvent): void {
    const lists = [...(this.#drawing?.details ?? [])].filter(([, list]) => list.length > 0);
    const moves: Record<string, [number, number]> = {
      ArrowRight: [0, 1],
      ArrowLeft: [0, -1],
      ArrowDown: [1, 0],
      ArrowUp: [-1, 0],
    };
    const move = moves[event.key];
    if (event.key === 'Escape') this.#leave();
    if (!move || lists.length === 0) return;
    event.preventDefault();
    const before = lists.findIndex(([series]) => series === this.#at?.[0]);
    const rank = before < 0 ? 0 : (before + move[0] + lists.length) % lists.length;
    const [series, list] = lists[rank] ?? [0, []];
    const item =
      before < 0
        ? 0
        : (Math.min(this.#at?.[1] ?? 0, list.length - 1) + move[1] + list.length) % list.length;
    this.#at = [series, item];
    this.#engine?.dispatchAction({ type: 'showTip', seriesIndex: series, dataIndex: item });
    const detail = list[item];
    if (detail)
      this.#said.textContent = [
        detail.title,
        detail.text,
        ...detail.rows.map(([name, value]) => `${name} ${value}`),
      ]
        .filter(Boolean)
        .join(', ');
  }

  #leave(): void {
    this.#at = undefined;
    this.#said.textContent = '';
    this.#engine?.dispatchAction({ type: 'hideTip' });
  }
}
