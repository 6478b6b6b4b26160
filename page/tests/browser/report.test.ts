// Every report in a real browser: it opens quietly and fast, its charts have marks, its switches
// switch, and its tables hold the numbers of its CSV files.

import assert from 'node:assert/strict';
import { existsSync, readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { join } from 'node:path';
import { after, before, describe, test } from 'node:test';
import type { Page } from 'playwright-core';
import type { Report, Table } from '../../src/document.ts';
import { documents } from '../documents.ts';
import { cells, csvOf, drawn, marksOf, parsed, ticks } from './reading.ts';
import { allDrawn, downloaded, keep, Session, type Visit } from './harness.ts';

const OPENS_WITHIN_MS = 1000;
const LARGEST_BYTES = 3e6;
const DESK = { width: 1280, height: 900 };

const axe = readFileSync(createRequire(import.meta.url).resolve('axe-core/axe.min.js'), 'utf8');

let session: Session;
before(async () => {
  session = await Session.start();
});
after(async () => {
  await session.end();
});

const charts = (report: Report) => report.sections.flatMap((s) => s.charts ?? []);
const tables = (report: Report) => report.sections.flatMap((s) => s.tables ?? []);

async function sameNumbers(page: Page, place: string, table: Table, folder: string | undefined) {
  const { name, text } = await csvOf(page, place);
  assert.equal(name, table.csv);
  const [header, ...records] = parsed(text);
  assert.deepEqual(
    header,
    table.columns.map((c) => c.csv_name),
  );
  const shown = await cells(page, place);
  assert.equal(shown.length, records.length, `rows of ${table.id}`);
  for (const [i, record] of records.entries())
    for (const [j, field] of record.entries()) {
      const cell = shown[i]?.[j] ?? '';
      const where = `${table.id}, row ${i + 1}, ${table.columns[j]?.csv_name}`;
      if (table.columns[j]?.kind === 'number' && field !== '')
        assert.equal(Number(cell), Number(field), where);
      else assert.equal(cell, field === '-' ? '' : field, where);
    }
  if (!folder) return;
  const file = [join(folder, table.csv), join(folder, 'csv', table.csv)].find(existsSync);
  assert.ok(file, `${table.csv} beside the page`);
  assert.ok(
    readFileSync(file).equals(Buffer.from(text)),
    `${table.csv} of the page and of the program`,
  );
}

async function accessible(page: Page, where: string, options: object): Promise<void> {
  await page.evaluate(axe);
  const violations = await page.evaluate(async (options) => {
    const run = (globalThis as unknown as { axe: { run(options: object): Promise<AxeResults> } })
      .axe.run;
    interface AxeResults {
      violations: { id: string; nodes: { html: string; failureSummary?: string }[] }[];
    }
    const { violations } = await run({ resultTypes: ['violations'], ...options });
    return violations.map(
      (v) =>
        `${v.id}: ${v.nodes.map((n) => `${n.html.slice(0, 200)} ${n.failureSummary}`).join('\n')}`,
    );
  }, options);
  assert.deepEqual(violations, [], where);
}

const LOOKS = [
  ['light', 1280, 'light'],
  ['dark', 1280, 'dark'],
  ['phone', 360, 'light'],
  ['wide', 2560, 'dark'],
] as const;

/** What axe looks for: all of it once, then what the colours or the width change. */
const AXE: Record<string, object> = {
  light: {},
  dark: { runOnly: ['color-contrast'] },
  phone: { rules: { 'color-contrast': { enabled: false } } },
};

/** Two frames: what a change asks for in the first is on the screen in the second. */
async function nextFrame(page: Page): Promise<void> {
  await page.evaluate(
    () => new Promise((done) => requestAnimationFrame(() => requestAnimationFrame(done))),
  );
}

/** Goes through the page by the Tab key. */
async function everyStop(page: Page): Promise<void> {
  const wanted = await page.evaluate(() => {
    const all = [
      ...document.querySelectorAll<HTMLElement>('a[href], button, input, summary, [tabindex="0"]'),
    ].filter((e) => e.checkVisibility() && !(e as HTMLButtonElement).disabled);
    // Radio buttons are one stop.
    const stops = all.filter(
      (e) => !(e instanceof HTMLInputElement && e.type === 'radio' && !e.checked),
    );
    for (const [i, element] of stops.entries()) element.dataset.stop = String(i);
    return stops.length;
  });
  const seen = new Set<string>();
  for (let i = 0; i < wanted + 5; ++i) {
    await page.keyboard.press('Tab');
    const stop = await page.evaluate(() => {
      const element = document.activeElement as HTMLElement | null;
      if (!element?.dataset.stop) return undefined;
      const radio = element instanceof HTMLInputElement && element.type === 'radio';
      const marked = radio ? (element.nextElementSibling ?? element) : element;
      return {
        id: element.dataset.stop,
        outlined: getComputedStyle(marked).outlineStyle !== 'none',
      };
    });
    if (!stop) continue;
    assert.ok(stop.outlined, `focus is seen on stop ${stop.id}`);
    seen.add(stop.id);
  }
  assert.equal(seen.size, wanted);
}

const all = documents();
const [most] = [...all].sort((a, b) => charts(b.report).length - charts(a.report).length);

for (const { name, html, report, folder } of all)
  describe(name, () => {
    const list = charts(report);
    const { whatif } = report;
    // Each part is drawn by the same code in every report: what takes long is tried on the one with the most charts.
    const thorough = most?.name === name;
    let visit: Visit;
    let page: Page;
    before(async () => {
      visit = await session.open(html, { viewport: DESK, colorScheme: 'light' });
      page = visit.page;
    });
    after(() => visit.close());

    test('opens within a second, and is small', async () => {
      assert.equal(await page.title(), report.title);
      assert.ok(Buffer.byteLength(html) < LARGEST_BYTES);
      let best = Number.POSITIVE_INFINITY;
      // The best of a few: other work on the machine is not the page's.
      for (let i = 0; i < 4 && best >= OPENS_WITHIN_MS; ++i) {
        if (i > 0) await page.reload();
        await allDrawn(page);
        const drawnAt = await page.evaluate(
          () => performance.getEntriesByName('drawn')[0]?.startTime ?? Number.POSITIVE_INFINITY,
        );
        best = Math.min(best, drawnAt);
      }
      assert.ok(best < OPENS_WITHIN_MS, `drawn after ${best} ms`);
    });

    test('every chart has the marks of its data, with systems on and off', async () => {
      assert.equal(await page.locator('figure.chart').count(), list.length + (whatif ? 1 : 0));
      const full = await drawn(page);
      for (const chart of list) {
        const { marks = 0, shapes = 0 } = full.get(chart.id) ?? {};
        assert.equal(marks, marksOf(chart, new Set()), chart.id);
        assert.ok(marks > 0 && shapes >= Math.min(marks, 3), `${chart.id}: ${shapes} shapes`);
      }
      if (report.systems.length < 2) return;
      for (const { id } of report.systems.slice(0, thorough ? 2 : 1)) {
        const box = page.locator(`input[data-system="${id}"]`);
        await box.uncheck();
        const without = await drawn(page);
        for (const chart of list) {
          const { marks = 0, shapes = 0 } = without.get(chart.id) ?? {};
          const expected = marksOf(chart, new Set([id]));
          assert.equal(marks, expected, `${chart.id} without ${id}`);
          if (expected < marksOf(chart, new Set()))
            assert.ok(shapes < (full.get(chart.id)?.shapes ?? 0), `${chart.id} without ${id}`);
        }
        await box.check();
      }
      assert.deepEqual(await drawn(page), full);
    });

    test('axes switch between linear and logarithmic', async () => {
      for (const chart of list)
        for (const toggle of await page
          .locator(`figure[data-chart="${chart.id}"] button.toggle`)
          .all()) {
          const before = await ticks(page, chart.id);
          const pressed = await toggle.getAttribute('aria-pressed');
          await toggle.dispatchEvent('click'); // without the wait of a real one for the page to rest
          assert.notEqual(await toggle.getAttribute('aria-pressed'), pressed);
          assert.notEqual(await ticks(page, chart.id), before, chart.id);
          await toggle.dispatchEvent('click');
          assert.equal(await toggle.getAttribute('aria-pressed'), pressed);
        }
    });

    test('tables hold the numbers of the CSV files', async () => {
      await page.evaluate(() => {
        for (const details of document.querySelectorAll('main details'))
          details.setAttribute('open', '');
      });
      await nextFrame(page);
      for (const chart of list)
        assert.ok(
          tables(report).some((t) => t.id === chart.table),
          `${chart.id} has a table`,
        );
      for (const table of tables(report)) {
        const chart = list.find((c) => c.table === table.id);
        const place = chart
          ? `figure[data-chart="${chart.id}"]`
          : `figure[data-table="${table.id}"]`;
        await sameNumbers(page, place, table, folder);
      }
    });

    test('pictures can be taken along', async () => {
      for (const chart of new Map(list.map((chart) => [chart.kind, chart])).values()) {
        const figure = page.locator(`figure[data-chart="${chart.id}"]`);
        const button = (text: string) => figure.getByRole('button', { name: text, exact: true });
        const svg = await downloaded(page, () => button('SVG').click());
        assert.equal(svg.name, chart.svg ?? `${chart.id}.svg`);
        const problem = await page.evaluate(
          (text) =>
            new DOMParser().parseFromString(text, 'image/svg+xml').querySelector('parsererror')
              ?.textContent ?? '',
          svg.bytes.toString('utf8'),
        );
        assert.equal(problem, '');
        if (!thorough) continue;
        const png = await downloaded(page, () => button('PNG').click());
        assert.equal(png.bytes.subarray(1, 4).toString('latin1'), 'PNG');
        assert.ok(png.bytes.readUInt32BE(16) >= 1000, 'pixels across');
        assert.ok(png.bytes.length > 4000, 'not an empty picture');
      }
    });

    test('values are reached by the arrow keys, and told', async () => {
      const figure = page.locator('figure.chart').first();
      const said = figure.locator('[role="status"]');
      await figure.locator('.plot').focus();
      await page.keyboard.press('ArrowRight');
      const first = await said.textContent();
      assert.ok(first, 'the first value is told');
      await page.keyboard.press('ArrowRight');
      assert.notEqual(await said.textContent(), first);
      await page.keyboard.press('Escape');
      assert.equal(await said.textContent(), '');
    });

    if (whatif)
      test('sliders change the numbers, and reset restores them', async () => {
        const place = 'figure[data-chart="what-if"]';
        const start = await cells(page, place);
        assert.equal(start.length, whatif.systems.length);
        const now = 2; // column of the throughput after the change
        for (const { id } of whatif.inputs) {
          await page.locator(`input[data-input="${id}"]`).focus();
          await page.keyboard.press(id === 'capacity' || id === 'tpot' ? 'Home' : 'End');
          await nextFrame(page);
          const moved = await cells(page, place);
          assert.ok(
            moved.some((row, i) => row[now] !== start[i]?.[now]),
            `${id} changes a throughput`,
          );
          await page.getByRole('button', { name: 'Reset' }).click();
          await nextFrame(page);
          assert.deepEqual(await cells(page, place), start, `${id} is reset`);
          assert.match((await page.textContent('.changes')) ?? '', /Nothing/);
        }
        const table = await downloaded(page, () => page.locator(`${place} button.csv`).click());
        assert.equal(table.name, 'what-if.csv');
        assert.deepEqual(
          parsed(table.bytes.toString('utf8'))
            .slice(1)
            .map((r) => Number(r[now])),
          start.map((r) => Number(r[now])),
        );
      });

    if (thorough)
      test('everything is reached by the keyboard, and seen to be', async () => {
        await page.reload();
        await allDrawn(page);
        await everyStop(page);
      });

    test('light, dark, on a phone and on a wide screen', async () => {
      await page.reload(); // folds the tables
      await allDrawn(page);
      for (const [kind, width, colorScheme] of LOOKS) {
        await page.setViewportSize({ width, height: 900 });
        await page.emulateMedia({ colorScheme });
        await page.waitForFunction(
          (name) => document.documentElement.dataset.theme === name,
          colorScheme,
        );
        await nextFrame(page);
        const over = await page.evaluate(
          () => document.documentElement.scrollWidth - document.documentElement.clientWidth,
        );
        assert.ok(over <= 0, `${kind}: ${over} px too wide`);
        await keep(page, `${name}-${kind}`);
        const rules = AXE[kind];
        if (rules && (kind === 'light' || thorough)) await accessible(page, kind, rules);
      }
    });

    if (thorough)
      test('colours can be chosen, and paper is light with open tables', async () => {
        const theme = () => page.evaluate(() => document.documentElement.dataset.theme);
        await page.emulateMedia({ colorScheme: 'light' });
        await page.getByRole('radio', { name: 'Dark' }).check({ force: true });
        assert.equal(await theme(), 'dark');
        await page.reload();
        await allDrawn(page);
        assert.equal(await theme(), 'dark', 'the choice is kept');
        await page.emulateMedia({ media: 'print' });
        await page.waitForFunction(() => document.documentElement.dataset.theme === 'light');
        const closed = await page
          .locator('main details:not([open])')
          .evaluateAll((all) => all.map((d) => Number((d as HTMLElement).dataset.rows ?? 0)));
        assert.ok(
          closed.every((rows) => rows > 100),
          'only tables of many pages stay closed',
        );
        await page.emulateMedia({ media: 'screen' });
        await page.waitForFunction(() => document.documentElement.dataset.theme === 'dark');
      });

    test('has nothing to complain about', () => {
      assert.deepEqual(visit.complaints, []);
    });
  });
