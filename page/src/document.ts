// The report document that the program writes: what each picture shows, with all numbers. The page
// adds nothing to it but its what-if numbers (whatif.ts).

import type { WhatIf } from './whatif.ts';

export const SCHEMA = 'perfmodel/report/1';

export type Maybe<T> = T | null | undefined;
export type Cell = string | number | null;
export type Scale = 'linear' | 'log';

export interface Column {
  name: string;
  csv_name: string;
  unit?: Maybe<string>;
  kind: 'text' | 'number';
  digits?: Maybe<number>;
}

export interface Table {
  id: string;
  title: string;
  note?: Maybe<string>;
  columns: Column[];
  rows: Cell[][];
  csv: string;
}

export interface Axis {
  label: string;
  unit?: Maybe<string>;
  scale: Scale;
  categories?: Maybe<string[]>;
  /** The system that each category stands for. */
  systems?: Maybe<(string | null)[]>;
}

export interface Point {
  x: number | null;
  y: number | null;
  low?: Maybe<number>;
  high?: Maybe<number>;
  label?: Maybe<string>;
  size?: Maybe<number>;
}

export type Mark = 'line' | 'points' | 'both' | 'step';

export interface XySeries {
  name: string;
  system?: Maybe<string>;
  mark: Mark;
  points: Point[];
  dash?: Maybe<boolean>;
}

export interface RowSeries {
  name: string;
  system?: Maybe<string>;
  values: (number | null)[];
  low?: Maybe<(number | null)[]>;
  high?: Maybe<(number | null)[]>;
}

export interface TornadoRow {
  name: string;
  low_value: string;
  high_value: string;
  low: number;
  high: number;
}

export interface RefLine {
  name: string;
  points: [number, number][];
  dash?: Maybe<boolean>;
}

interface ChartBase {
  id: string;
  title: string;
  note?: Maybe<string>;
  /** Id of the table with the chart's numbers. */
  table: string;
  x: Axis;
  y: Axis;
  lines?: Maybe<RefLine[]>;
  /** Name of the program's own picture. */
  svg?: Maybe<string>;
}
export interface XyChart extends ChartBase {
  kind: 'xy';
  series: XySeries[];
}
export interface RowChart extends ChartBase {
  kind: 'bars' | 'stack';
  series: RowSeries[];
}
export interface TornadoChart extends ChartBase {
  kind: 'tornado';
  rows: TornadoRow[];
  centre: number;
}
export type Chart = XyChart | RowChart | TornadoChart;

export interface Figure {
  value: string;
  unit?: Maybe<string>;
  label: string;
  note?: Maybe<string>;
}

export interface Section {
  id: string;
  title: string;
  text?: Maybe<string[]>;
  figures?: Maybe<Figure[]>;
  charts?: Maybe<Chart[]>;
  tables?: Maybe<Table[]>;
}

export interface System {
  id: string;
  name: string;
  color: number;
}

export interface Source {
  title: string;
  url?: Maybe<string>;
  date?: Maybe<string>;
  grade?: Maybe<string>;
  figures?: Maybe<string[]>;
}

export interface Report {
  schema: string;
  name: string;
  title: string;
  subtitle?: Maybe<string>;
  version?: Maybe<string>;
  generated_from?: Maybe<string[]>;
  systems: System[];
  sections: Section[];
  sources?: Maybe<Source[]>;
  whatif?: Maybe<WhatIf>;
}

/** Categories that bear a system's name stand for it, where the document does not say so. */
export function nameSystems(report: Report): void {
  const ids = new Map(report.systems.map((system) => [system.name, system.id]));
  for (const section of report.sections)
    for (const chart of section.charts ?? [])
      for (const axis of [chart.x, chart.y])
        if (axis.categories && !axis.systems)
          axis.systems = axis.categories.map((name) => ids.get(name) ?? null);
}

/** The document in the page, or why there is none. */
export function parseReport(text: string): Report | { problem: string } {
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch (error) {
    return { problem: `The report document in this page is not JSON: ${String(error)}` };
  }
  const report = value as Partial<Report>;
  if (report.schema === undefined) return { problem: 'This page holds no report document.' };
  if (report.schema !== SCHEMA)
    return { problem: `The document is of the kind ${report.schema}; this page draws ${SCHEMA}.` };
  nameSystems(report as Report);
  return report as Report;
}
