// The documents that the tests run over: reports that the program wrote, or the fixtures.

import { readdirSync, readFileSync } from 'node:fs';
import { basename, dirname, join } from 'node:path';
import { nameSystems, type Report } from '../src/document.ts';

export const PAGE = process.env.PERFMODEL_PAGE ?? process.cwd();

export interface Shown {
  name: string;
  html: string;
  report: Report;
  /** Where the report's CSV files lie; fixtures have none. */
  folder: string | undefined;
}

const MARK = '<script type="application/json" id="report-document">';

export function template(): string {
  return readFileSync(join(PAGE, 'dist/index.html'), 'utf8');
}

/** As the program puts a document into the page. */
export function filled(html: string, document: string): string {
  return html.replace(`${MARK}{}`, () => MARK + document.replaceAll('<', '\\u003c'));
}

function documentOf(html: string): Report | undefined {
  const start = html.indexOf(MARK);
  if (start < 0) return undefined;
  const text = html.slice(start + MARK.length, html.indexOf('</script>', start));
  return JSON.parse(text) as Report;
}

function fixtures(): Shown[] {
  const folder = join(PAGE, 'tests/fixtures');
  const names = readdirSync(folder).filter((name) => name.endsWith('.json'));
  return names.map((name) => {
    const text = readFileSync(join(folder, name), 'utf8');
    return {
      name: basename(name, '.json'),
      html: filled(template(), text),
      report: JSON.parse(text) as Report,
      folder: undefined,
    };
  });
}

function generated(folder: string): Shown[] {
  const files = readdirSync(folder, { recursive: true, encoding: 'utf8' })
    .filter((name) => name.endsWith('.html'))
    .map((name) => join(folder, name));
  const shown = files.flatMap((file) => {
    const html = readFileSync(file, 'utf8');
    const report = documentOf(html);
    return report ? [{ name: report.name, html, report, folder: dirname(file) }] : [];
  });
  if (shown.length === 0) throw new Error(`no report in ${folder}`);
  return shown;
}

export function documents(): Shown[] {
  const folder = process.env.PERFMODEL_REPORTS;
  const shown = folder ? generated(folder) : fixtures();
  for (const { report } of shown) nameSystems(report);
  return shown;
}
