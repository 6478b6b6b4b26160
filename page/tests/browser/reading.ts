// What a page shows, read back from it; and what it should show by its document.

import type { Page } from 'playwright-core';
import type { Chart } from '../../src/document.ts';

/** Marks that a chart has by its data, with a system on or off. */
export function marksOf(chart: Chart, off: Set<string>): number {
  const shows = (system: string | null | undefined) => !system || !off.has(system);
  if (chart.kind === 'tornado') return 2 * chart.rows.length;
  if (chart.kind === 'xy')
    return chart.series
      .filter((s) => shows(s.system))
      .flatMap((s) => s.points)
      .filter(
        (p) =>
          p.x !== null &&
          p.y !== null &&
          (chart.x.scale !== 'log' || p.x > 0) &&
          (chart.y.scale !== 'log' || p.y > 0),
      ).length;
  const category = chart.x.categories ? chart.x : chart.y;
  return chart.series
    .filter((s) => shows(s.system))
    .flatMap((s) => s.values.filter((v, i) => v !== null && shows(category.systems?.[i]))).length;
}

export interface Drawn {
  /** Numbers that the page says it drew. */
  marks: number;
  /** Coloured shapes in the picture. */
  shapes: number;
}

/** All charts, by id. */
export async function drawn(page: Page): Promise<Map<string, Drawn>> {
  const list = await page.locator('figure.chart').evaluateAll((figures) => {
    const coloured = (color: string | null) => {
      const [r = 0, g = 0, b = 0] = (/^#(..)(..)(..)$/.exec(color ?? '') ?? [])
        .slice(1)
        .map((channel) => Number.parseInt(channel, 16));
      return Math.max(r, g, b) - Math.min(r, g, b) >= 30;
    };
    return figures.map((figure): [string, Drawn] => {
      const { chart = '', marks } = (figure as HTMLElement).dataset;
      const shapes = [...figure.querySelectorAll('.plot svg :is(path, rect, circle)')].filter(
        (shape) => coloured(shape.getAttribute('fill')) || coloured(shape.getAttribute('stroke')),
      );
      return [chart, { marks: Number(marks), shapes: shapes.length }];
    });
  });
  return new Map(list);
}

/** Where a chart's texts stand, the ticks of its axes among them. */
export async function ticks(page: Page, id: string): Promise<string> {
  return page
    .locator(`figure[data-chart="${id}"] .plot svg text`)
    .evaluateAll((texts) =>
      texts.map((t) => `${t.textContent} ${t.getAttribute('transform')}`).join('|'),
    );
}

/** RFC 4180 records. */
export function parsed(csv: string): string[][] {
  const records: string[][] = [];
  let record: string[] = [];
  for (const [, quoted, plain = '', end] of csv.matchAll(
    /(?:"((?:[^"]|"")*)"|([^,\r\n]*))(,|\r\n|$)/g,
  )) {
    if (end === '' && record.length === 0 && plain === '' && quoted === undefined) break;
    record.push(quoted === undefined ? plain : quoted.replaceAll('""', '"'));
    if (end === ',') continue;
    records.push(record);
    record = [];
  }
  return records;
}

export async function cells(page: Page, selector: string): Promise<string[][]> {
  return page.locator(`${selector} tbody tr`).evaluateAll((rows) =>
    rows.map((row) =>
      [...row.children].map((cell) => {
        const value = cell.querySelector('data')?.getAttribute('value');
        return value ?? (cell.textContent === '-' ? '' : (cell.textContent ?? ''));
      }),
    ),
  );
}

/** What the CSV button of a figure would download. Real downloads are slow: others try one. */
export async function csvOf(page: Page, place: string): Promise<{ name: string; text: string }> {
  return page.locator(`${place} button.csv`).evaluate(async (button) => {
    const { createObjectURL } = URL;
    const { click } = HTMLAnchorElement.prototype;
    let content = new Blob();
    let name = '';
    URL.createObjectURL = (blob) => {
      content = blob as Blob;
      return 'blob:';
    };
    HTMLAnchorElement.prototype.click = function () {
      name = this.download;
    };
    (button as HTMLElement).click();
    URL.createObjectURL = createObjectURL;
    HTMLAnchorElement.prototype.click = click;
    return { name, text: await content.text() };
  });
}
