// Texts of a document are texts, whatever stands in them; and a page without a document says so.

import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import type { Report } from '../../src/document.ts';
import { documents, filled, template } from '../documents.ts';
import { Session } from './harness.ts';

const HOSTILE = '</script><img src=x onerror=alert(1)><b>&amp; "\'`**';

let session: Session;
before(async () => {
  session = await Session.start();
});
after(async () => {
  await session.end();
});

/** The document with every text made hostile, but for those that the page decides by. */
function poisoned(value: unknown, key = ''): unknown {
  const kept = [
    'schema',
    'id',
    'kind',
    'mark',
    'scale',
    'table',
    'system',
    'systems',
    'url',
    'csv',
  ];
  if (typeof value === 'string') return kept.includes(key) ? value : `${value} ${HOSTILE}`;
  if (Array.isArray(value)) return value.map((item) => poisoned(item, key));
  if (typeof value === 'object' && value !== null)
    return Object.fromEntries(
      Object.entries(value).map(([k, v]) => [
        k,
        k === 'systems' && Array.isArray(v) && typeof v[0] === 'object'
          ? v.map((item) => poisoned(item))
          : poisoned(v, k),
      ]),
    );
  return value;
}

test('hostile texts stay texts', async () => {
  const [first] = documents();
  assert.ok(first);
  const report = poisoned(first.report) as Report;
  const link = report.sources?.[0];
  if (link) link.url = 'javascript:alert(1)';
  const { page, complaints, close } = await session.open(
    filled(template(), JSON.stringify(report)),
  );
  assert.equal(await page.locator('a[href^="javascript"]').count(), 0);
  assert.ok((await page.textContent('h1'))?.endsWith(HOSTILE));
  for (const plot of await page.locator('.plot').all()) {
    await plot.focus();
    await page.keyboard.press('ArrowRight');
  }
  assert.equal(await page.locator('img').count(), 0);
  assert.deepEqual(complaints, []);
  await close();
});

for (const [what, document, says] of [
  ['no document', '{}', /no report document/],
  ['another schema', '{"schema":"perfmodel/report/9"}', /perfmodel\/report\/9/],
  ['no JSON', '{"schema"', /not JSON/],
] as const)
  test(`a page with ${what} says so`, async () => {
    const html = filled(template(), document);
    const page = await session.browser.newPage();
    await page.setContent(html);
    assert.match((await page.getByRole('alert').textContent()) ?? '', says);
    await page.close();
  });
